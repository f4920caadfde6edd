/** Tells the app that the session has ended, wherever that was noticed: a request refused, the stream closed. */
type Listener = () => void

const listeners = new Set<Listener>()

export function onSignedOut(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function tellSignedOut() {
  for (const listener of listeners) listener()
}
