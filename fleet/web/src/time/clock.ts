import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { ClockReading } from '@/api/types'

/**
 * The office's business time. It may be simulated and run faster than real time, so the app reads it from
 * the server once and carries it on with the rate; the device's own clock is used for nothing but the ticking.
 */
export const useClock = defineStore('clock', () => {
  const reading = ref({ at: Date.now(), taken: performance.now(), rate: 1 })
  const tick = ref(performance.now())
  const known = ref(false)
  setInterval(() => (tick.value = performance.now()), 500)

  function set(told: ClockReading) {
    reading.value = { at: Date.parse(told.now), taken: performance.now(), rate: told.rate }
    tick.value = performance.now()
    known.value = true
  }

  /** Business time in ms since 1970, exact at the call. */
  function read(): number {
    const { at, taken, rate } = reading.value
    return at + (performance.now() - taken) * rate
  }

  /** Business time that templates may watch; moves twice a second. */
  const now = computed(() => {
    const { at, taken, rate } = reading.value
    return at + Math.max(0, tick.value - taken) * rate
  })

  /** Changes once per real second: what is worked out for the whole fleet hangs on this, not on `now`. */
  const second = computed(() => Math.floor(tick.value / 1000))

  const rate = computed(() => reading.value.rate)
  return { now, second, rate, known, set, read }
})
