/**
 * What a tap makes of a run, before the office has answered. The same walk as fleet/dispatching/steps.py:
 * accept; depart; at each stop in order arrive, then board or alight; return.
 */
import type { Run, RunStop, StepAction } from '@/api/types'

type NextStep = Run['next_step']

const LEAVES: Record<RunStop['kind'], StepAction> = { pickup: 'board', dropoff: 'alight', return: 'return' }
const SAME_SPOT_DEG = 1e-4 // about 10 m, as the office has it

/** The run after the tap; a tap that does not fit leaves it alone. */
export function advance(run: Run, action: StepAction, at: string): Run {
  const due = run.next_step
  if (action === 'decline' && due?.action === 'accept') return { ...run, status: 'cancelled', next_step: null }
  if (!due || due.action !== action) return run
  return withNext(taken(run, action, due.stop_id ?? null, at))
}

function taken(run: Run, action: StepAction, stopId: number | null, at: string): Run {
  if (action === 'accept') return { ...run, status: 'accepted' }
  if (action === 'depart') return implyArrival({ ...run, status: 'under_way' }, at)
  if (action === 'arrive') return mark(run, stopId, { arrived_at: at })
  const left = mark(run, stopId, { departed_at: at })
  return action === 'return' ? { ...left, status: 'returned' } : implyArrival(left, at)
}

function withNext(run: Run): Run {
  return { ...run, next_step: nextStep(run) }
}

export function nextStep(run: Run): NextStep {
  if (run.status === 'returned' || run.status === 'cancelled') return null
  if (run.status === 'dispatched') return { action: 'accept', stop_id: null }
  if (run.status === 'accepted') return { action: 'depart', stop_id: null }
  const stop = run.stops.find((each) => !each.departed_at)
  if (!stop) return null
  if (!stop.arrived_at && stop.kind !== 'return') return { action: 'arrive', stop_id: stop.id }
  return { action: LEAVES[stop.kind], stop_id: stop.id }
}

function mark(run: Run, stopId: number | null, times: Partial<Pick<RunStop, 'arrived_at' | 'departed_at'>>): Run {
  const stops = run.stops.map((stop) =>
    stop.id === stopId ? { ...stop, ...times, arrived_at: stop.arrived_at ?? times.arrived_at ?? times.departed_at ?? null } : stop,
  )
  return { ...run, stops }
}

/** Standing at the door of the next stop is having arrived there. */
function implyArrival(run: Run, at: string): Run {
  const index = run.stops.findIndex((stop) => !stop.departed_at)
  const stop = run.stops[index]
  const before = run.stops[index - 1]
  if (!stop || !before?.departed_at || stop.kind === 'return' || !sameSpot(before, stop)) return run
  return mark(run, stop.id, { arrived_at: at })
}

function sameSpot(a: RunStop, b: RunStop): boolean {
  return Math.abs(a.lon - b.lon) < SAME_SPOT_DEG && Math.abs(a.lat - b.lat) < SAME_SPOT_DEG
}

/** The stop a run is at or heads for. */
export function currentStop(run: Run): RunStop | null {
  return run.stops.find((stop) => !stop.departed_at) ?? null
}
