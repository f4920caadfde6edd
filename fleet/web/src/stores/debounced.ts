/** Calls `task` once after a burst of calls has ended; a burst longer than a second is not waited out. */
export function debounced(task: () => unknown, waitMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let first = 0
  return () => {
    const now = performance.now()
    if (timer === undefined) first = now
    else if (now - first < 1000) clearTimeout(timer)
    else return
    timer = setTimeout(() => {
      timer = undefined
      task()
    }, waitMs)
  }
}
