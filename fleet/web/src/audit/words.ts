/** One line for a case or finding, from its rule and its measures. Pure. */
import type { Explanation, Values, Violation } from '@/api/types'
import type { Words } from '@/i18n/reasons'

type AuditWords = Words & { exactly: (seconds: number) => string; day: (iso: string) => string }

export function headline(rule: string, values: Values, words: AuditWords): string {
  const told = values ?? {}
  const overnight = rule === 'R10' && Number(told.overnight ?? 0) > 0
  const key = `audit.headline.${overnight ? 'R10night' : rule}`
  if (!words.te(key)) return words.t('audit.headline.unknown', { rule })
  return words.t(key, {
    max: Math.round(Number(told.max_speed_kmh ?? 0)),
    limit: Math.round(Number(told.limit_kmh ?? 0)),
    span: words.exactly(Number(told.total_s ?? 0)),
    km: distanceKm(told),
    day: dayName(told, words),
  })
}

function distanceKm(values: NonNullable<Values>): string {
  const { total_distance_km: km, total_distance_m: total, distance_m: metres } = values
  return Number(km ?? Number(total ?? metres ?? 0) / 1000).toFixed(1)
}

function dayName(values: NonNullable<Values>, words: AuditWords): string {
  if (values.day_name) return String(values.day_name)
  const key = `audit.dayKind.${String(values.day_kind ?? 'rest')}`
  return words.te(key) ? words.t(key) : String(values.day_kind ?? '')
}

export function explanationText({ code, holds, values }: Explanation, words: Words): string {
  const answer = holds ? 'yes' : 'no'
  const key = `audit.explanation.${code}.${answer}`
  if (!words.te(key)) return words.t(`audit.explanation.unknown.${answer}`, { code })
  return words.t(key, values ?? {})
}

/** What the rule asks for, with the thresholds it was judged by. */
export function basisText({ rule_code, basis, thresholds }: Violation, words: Words): string {
  const key = `audit.basis.text.${rule_code}`
  if (!words.te(key)) return basis
  const percent = (share: unknown) => Math.round(Number(share ?? 0) * 100)
  return words.t(key, { ...thresholds, over: percent(thresholds.over_share), red: percent(thresholds.red_share) })
}

/** A measured value as it is shown: `18 分`, `78 km/h`, `31.2 km`. */
export function valueText(measure: string, unit: string, value: string | number | null | undefined, words: AuditWords): string {
  if (value === null || value === undefined || value === '') return '—'
  if (measure === 'since') return words.time(String(value))
  if (measure === 'day') return words.day(String(value))
  if (measure === 'overnight') return words.t(Number(value) > 0 ? 'audit.yes' : 'audit.no')
  if (measure === 'day_kind') return named('audit.dayKind', String(value), words)
  if (measure === 'limit_source') return named('audit.source', String(value), words)
  if (typeof value === 'string') return value
  return number(value, unit, words)
}

function named(group: string, value: string, words: Words): string {
  return words.te(`${group}.${value}`) ? words.t(`${group}.${value}`) : value
}

function number(value: number, unit: string, words: AuditWords): string {
  if (unit === 's') return words.exactly(value)
  if (unit === 'min') return words.span(value * 60)
  if (unit === 'kmh') return `${Math.round(value)} km/h`
  if (unit === 'percent') return `${Math.round(value)}%`
  if (unit === 'km') return `${value.toFixed(1)} km`
  if (unit === 'm') return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(1)} km` : `${Math.round(value)} m`
  return String(value)
}
