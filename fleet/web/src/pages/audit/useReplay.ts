import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import type { Trace } from '@/audit/track'

export const RATES = [1, 8, 30] as const

/** One time for chart, map and read-out: set it anywhere and the others follow. */
export function useReplay(trace: Ref<Trace | null>, anomalies: Ref<number[]>, start: Ref<number | null>) {
  const at = ref(0)
  const playing = ref(false)
  const rate = ref<(typeof RATES)[number]>(8)
  let before = 0

  const reading = computed(() => trace.value?.read(at.value) ?? null)

  function seek(to: number) {
    const track = trace.value
    if (track) at.value = Math.min(track.end, Math.max(track.start, to))
  }

  function toggle() {
    if (!trace.value) return
    if (!playing.value && at.value >= trace.value.end) at.value = trace.value.start
    playing.value = !playing.value
  }

  function next() {
    const found = anomalies.value.find((each) => each > at.value + 500)
    if (found !== undefined) seek(found)
  }

  function previous() {
    const found = [...anomalies.value].reverse().find((each) => each < at.value - 500)
    if (found !== undefined) seek(found)
  }

  function frame(now: number) {
    if (!playing.value || !trace.value) return
    seek(at.value + (now - before) * rate.value)
    before = now
    if (at.value >= trace.value.end) playing.value = false
    else requestAnimationFrame(frame)
  }

  watch(playing, (on) => {
    if (!on) return
    before = performance.now()
    requestAnimationFrame(frame)
  })
  watch(trace, (track) => {
    playing.value = false
    at.value = start.value ?? anomalies.value[0] ?? track?.start ?? 0
  })
  onBeforeUnmount(() => (playing.value = false))

  return { at, reading, playing, rate, seek, toggle, next, previous }
}
