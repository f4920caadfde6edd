/** Puts a reason of the planner into words. Pure: the catalogue and the formats are handed in. */
import type { Reason, Values } from '@/api/types'

type Translate = (key: string, values?: Record<string, unknown>) => string
type Exists = (key: string) => boolean

export type Words = { t: Translate; te: Exists; time: (iso: string) => string; span: (seconds: number) => string }

export function reasonText(reason: Reason, words: Words): string {
  const key = `reason.${reason.code}`
  if (!words.te(key)) return words.t('reason.unknown', { code: reason.code })
  return words.t(key, shown(reason, words))
}

export function constraintText(code: string, words: Words): string {
  const key = `constraint.${code}`
  return words.te(key) ? words.t(key) : words.t('constraint.unknown', { code })
}

function shown({ code, values }: Reason, words: Words): Record<string, unknown> {
  const told = values ?? {}
  return {
    ...told,
    low: moment(told, 'low', words),
    high: moment(told, 'high', words),
    arrive: moment(told, 'arrive', words),
    pickup: moment(told, 'pickup', words),
    slack: minutes(told, 'slack_s'),
    after: minutes(told, 'after_s'),
    later: minutes(told, 'later_s'),
    detour: minutes(told, 'detour_s'),
    theirs: minutes(told, 'their_detour_s'),
    number: shortNumber(String(told.request_number ?? told.request_id ?? '')),
    km: kilometres(Number(told.metres ?? told.distance_m ?? 0)),
    yuan: Math.round(Number(told.fen ?? told.extra_fen ?? 0) / 100),
    n: told.vehicles ?? told.steps ?? told.amount,
    now: told.now_percent,
    left: told.percent,
    driven: words.span(Number(told.driven_s ?? 0)),
    planned: words.span(Number(told.planned_s ?? 0)),
    limit: words.span(Number(told.limit_s ?? 0)),
    span: words.span(Number(told.overtime_s ?? told.amount ?? 0)),
    driver: told.driver ?? '',
    plate: told.plate ?? '',
    why: code === 'not_nearest' ? whyText(told, words) : '',
  }
}

function whyText(values: Values, words: Words): string {
  const code = String(values?.code ?? '')
  const until = moment(values, 'until', words)
  if (code === 'cost') return words.t('why.cost', { yuan: Math.round(Number(values?.extra_fen ?? 0) / 100) })
  if (code === 'later') return words.t('why.later', { later: minutes(values, 'later_s') })
  if (until && words.te(`why.${code}`)) return words.t(`why.${code}`, { until })
  return words.t('why.plain', { constraint: constraintText(code, words) })
}

function moment(values: Values, name: string, { time }: Words): string {
  const value = values?.[name]
  return typeof value === 'string' ? time(value) : ''
}

function minutes(values: Values, name: string): number {
  return Math.round(Number(values?.[name] ?? 0) / 60)
}

function kilometres(metres: number): string {
  return (metres / 1000).toFixed(1)
}

/** `0039` of `YC-0311-0039`: the day is known from the context. */
export function shortNumber(number: string): string {
  return number.split('-').pop() ?? number
}
