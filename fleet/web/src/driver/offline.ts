/** Lets the driver's pages open without a network (sw/sw.js). Not while developing: nothing must be stored then. */
export function keepShell() {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  void navigator.serviceWorker.register('/sw.js').catch(() => undefined) // private windows forbid it
}
