import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { ClockReading } from '@/api/types'

const STORED_AS = 'motorpool.clock'

/**
 * The office's business time. It may be simulated and run faster than real time, so the app reads it from
 * the server once and carries it on with the rate; the device's own clock is used for nothing but the ticking.
 */
export const useClock = defineStore('clock', () => {
  const reading = ref(lastReading())
  const tick = ref(performance.now())
  const known = ref(false)
  setInterval(() => (tick.value = performance.now()), 500)

  function set(told: ClockReading) {
    reading.value = { at: Date.parse(told.now), taken: performance.now(), rate: told.rate }
    tick.value = performance.now()
    known.value = true
    localStorage.setItem(STORED_AS, JSON.stringify({ at: Date.parse(told.now), device: Date.now(), rate: told.rate }))
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

type Kept = { at: number; device: number; rate: number }

/** Without a network the last reading is carried on, so that a driver's taps still bear business time. */
function lastReading(): { at: number; taken: number; rate: number } {
  const taken = performance.now()
  const stored = localStorage.getItem(STORED_AS)
  if (!stored) return { at: Date.now(), taken, rate: 1 }
  const kept = JSON.parse(stored) as Kept
  return { at: kept.at + (Date.now() - kept.device) * kept.rate, taken, rate: kept.rate }
}
