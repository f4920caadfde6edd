/** What a clerk must react to now, worked out of the live picture and today's runs. Pure. */
import type { Run } from '@/api/types'
import type { SeenVehicle } from '@/stores/live'

export type Alert = {
  kind: 'late' | 'lost' | 'case'
  vehicleId: number
  plate: string
  place: string
  driver: string
  seconds: number
  next: { at: string; place: string } | null
}

const GRACE_S = 60

export function alertsOf(seen: SeenVehicle[], runs: Run[], now: number): Alert[] {
  const underWay = runs.filter((run) => run.status === 'under_way')
  const late = underWay.flatMap((run) => lateness(run, runs, now))
  const alerted = new Set(late.map((alert) => alert.vehicleId))
  const others = seen.filter(({ vehicle }) => !alerted.has(vehicle.id)).flatMap((each) => vehicleAlert(each))
  return [...late, ...others].sort((a, b) => ORDER[a.kind] - ORDER[b.kind] || b.seconds - a.seconds)
}

const ORDER: Record<Alert['kind'], number> = { late: 0, lost: 1, case: 2 }

/** The stop it drives to was promised for an earlier moment; what follows that day is named. */
function lateness(run: Run, runs: Run[], now: number): Alert[] {
  const stop = run.stops.find((each) => each.kind !== 'return' && !each.arrived_at)
  if (!stop) return []
  const seconds = (now - Date.parse(stop.latest_arrival)) / 1000
  if (seconds < GRACE_S && !run.conflict) return []
  return [
    {
      kind: 'late',
      vehicleId: run.vehicle_id,
      plate: run.plate,
      place: stop.name,
      driver: run.driver,
      seconds: Math.max(seconds, run.late_s ?? 0),
      next: following(run, runs),
    },
  ]
}

function following(run: Run, runs: Run[]): Alert['next'] {
  const later = runs
    .filter((each) => each.vehicle_id === run.vehicle_id && each.planned_start > run.planned_start)
    .sort((a, b) => a.planned_start.localeCompare(b.planned_start))[0]
  return later ? { at: later.planned_start, place: later.stops[0]?.name ?? '' } : null
}

function vehicleAlert({ vehicle, fresh, ageS }: SeenVehicle): Alert[] {
  const told = {
    vehicleId: vehicle.id,
    plate: vehicle.plate,
    place: vehicle.depot,
    driver: vehicle.driver ?? '',
    seconds: ageS ?? 0,
    next: null,
  }
  if (fresh === 'lost' && vehicle.run_id != null) return [{ kind: 'lost', ...told }]
  return vehicle.alerts > 0 ? [{ kind: 'case', ...told }] : []
}
