/** A finding's measures beside the thresholds they are held against. Pure. */
import type { Violation } from '@/api/types'

type Value = string | number | null | undefined
export type FactRow = { measure: string; limit: Value; actual: Value; over: number | null; unit: string }

/** Which threshold a measure is held against, by rule. */
const HELD_AGAINST: Record<string, Record<string, string>> = {
  R01: { max_displacement_m: 'displacement_m' },
  R03: { total_distance_m: 'distance_m' },
  R10: { distance_m: 'distance_m', total_parked_min: 'engine_off_min' },
}

/** In the order people read them; whatever is not named here follows. */
const ORDER = [
  'max_speed_kmh', 'mean_speed_kmh', 'max_over_percent', 'total_s', 'total_fixes', 'road', 'limit_source',
  'max_displacement_m', 'total_distance_km', 'total_moving_s', 'day', 'day_kind', 'day_name', 'total_distance_m',
  'distance_m', 'since', 'total_parked_min', 'overnight',
] // prettier-ignore

const HIDDEN = new Set(['limit_kmh', 'confidence'])

export function factRows(violation: Violation): FactRow[] {
  return Object.entries(violation.measures)
    .filter(([measure, value]) => !HIDDEN.has(measure) && value !== null && value !== '')
    .map(([measure, actual]) => row(violation, measure, actual))
    .sort((a, b) => place(a.measure) - place(b.measure))
}

function place(measure: string): number {
  const at = ORDER.indexOf(measure)
  return at < 0 ? ORDER.length : at
}

function row({ rule_code, measures, thresholds }: Violation, measure: string, actual: Value): FactRow {
  const name = HELD_AGAINST[rule_code]?.[measure]
  const limit = measure === 'max_speed_kmh' && rule_code === 'R05' ? measures.limit_kmh : name && thresholds[name]
  const both = typeof limit === 'number' && typeof actual === 'number'
  return { measure, limit: limit ?? null, actual, over: both ? actual - limit : null, unit: unitOf(measure) }
}

/** Units stand in the names. */
export function unitOf(name: string): string {
  for (const unit of ['kmh', 'km', 'percent', 'min', 's', 'm']) {
    if (name.endsWith(`_${unit}`)) return unit
  }
  return ''
}
