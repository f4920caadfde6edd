import type { Activity, LiveVehicle } from '@/api/types'

export type Freshness = 'live' | 'late' | 'lost'

/** Seconds past the expected interval after which a position is late, then lost. */
const LATE_AFTER_S = 30
const LOST_AFTER_S = 180

/** What one transmission may take on the wire, in real seconds; it grows with the rate of a simulated clock. */
const TRANSIT_S = 2

type Aged = Pick<LiveVehicle, 'time' | 'expected_interval_s'>

/** Age of the position in business seconds; null when there never was one. */
export function ageSeconds(vehicle: Aged, now: number): number | null {
  return vehicle.time ? Math.max(0, (now - Date.parse(vehicle.time)) / 1000) : null
}

/** Judged against the interval expected of the terminal: a parked car that reports every 5 minutes is not lost. */
export function freshness(vehicle: Aged, now: number, rate = 1): Freshness {
  const age = ageSeconds(vehicle, now)
  if (age === null) return 'lost'
  const late = age - vehicle.expected_interval_s - TRANSIT_S * (rate - 1)
  if (late <= LATE_AFTER_S) return 'live'
  return late <= LOST_AFTER_S ? 'late' : 'lost'
}

/** The one group a vehicle is counted in: out of use first, then lost, then by what it does. */
export type Group = 'idle' | 'on_task' | 'lost' | 'disabled'

export function group(activity: Activity, fresh: Freshness): Group {
  if (activity === 'disabled') return 'disabled'
  if (fresh === 'lost') return 'lost'
  return activity === 'idle' ? 'idle' : 'on_task'
}
