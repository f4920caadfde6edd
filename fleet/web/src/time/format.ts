/** Times and durations as people read them: Asia/Shanghai, 24 hours, in the language in force. */
import { currentLocale, i18n } from '@/i18n'

const ZONE = 'Asia/Shanghai'
const formats = new Map<string, Intl.DateTimeFormat>()

type When = string | number | Date

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = currentLocale() + JSON.stringify(options)
  let known = formats.get(key)
  if (!known) {
    known = new Intl.DateTimeFormat(currentLocale(), { timeZone: ZONE, hourCycle: 'h23', ...options })
    formats.set(key, known)
  }
  return known
}

/** `10:10` */
export function clockTime(when: When): string {
  return format({ hour: '2-digit', minute: '2-digit' }).format(new Date(when))
}

/** `10:10:07`, for the clock, replay and evidence only. */
export function clockSeconds(when: When): string {
  return format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(when))
}

/** `3月11日 周三` */
export function day(when: When): string {
  const date = new Date(when)
  const parts = format({ month: 'short', day: 'numeric' }).format(date)
  return `${parts} ${format({ weekday: 'short' }).format(date)}`
}

/** `3-10 周二`, where a list has no room for more. */
export function shortDay(when: When): string {
  const date = new Date(when)
  if (currentLocale() === 'en') return day(date)
  const [month, dayOfMonth] = dateKey(date).split('-').slice(1).map(Number)
  return `${month}-${String(dayOfMonth).padStart(2, '0')} ${format({ weekday: 'short' }).format(date)}`
}

/** `2026-03-11`: the business day a moment belongs to. */
export function dateKey(when: When): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(new Date(when))
  return parts
}

/** Today `10:10`, another day `3月10日 周二 10:10`. */
export function moment(when: When, now: When): string {
  return dateKey(when) === dateKey(now) ? clockTime(when) : `${day(when)} ${clockTime(when)}`
}

/** `40 秒`, `8 分`, `2 小时 40 分`, `3 天`: the two largest units that matter. */
export function duration(seconds: number): string {
  const { t } = i18n.global
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return t('duration.seconds', { n: whole })
  const minutes = Math.round(whole / 60)
  if (minutes < 60) return t('duration.minutes', { n: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return t('duration.days', { n: Math.floor(hours / 24) })
  const rest = minutes % 60
  return rest ? t('duration.hoursMinutes', { h: hours, m: rest }) : t('duration.hours', { n: hours })
}

/** A length of time for planning, where seconds say nothing: `0 分`, `2 小时 40 分`. */
export function minutesSpan(seconds: number): string {
  return seconds < 60 ? i18n.global.t('duration.minutes', { n: Math.round(seconds / 60) }) : duration(seconds)
}

/** `1 分 40 秒`: where seconds count, such as how long a limit was exceeded. */
export function exactDuration(seconds: number): string {
  const { t } = i18n.global
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60 || whole >= 3600) return duration(whole)
  const s = whole % 60
  return s ? t('duration.minutesSeconds', { m: Math.floor(whole / 60), s }) : t('duration.minutes', { n: whole / 60 })
}

/** A deadline: `剩 8 分`, `剩 4 小时`, `剩 2 天`; `已过 3 分` once missed. */
export function remaining(deadline: When, now: When): string {
  const { t } = i18n.global
  const seconds = (new Date(deadline).getTime() - new Date(now).getTime()) / 1000
  return seconds >= 0
    ? t('duration.left', { span: largestUnit(seconds) })
    : t('duration.overdue', { span: largestUnit(-seconds) })
}

/** Rounded down: a deadline is never made to look farther off than it is. */
function largestUnit(seconds: number): string {
  const { t } = i18n.global
  if (seconds < 60) return t('duration.seconds', { n: Math.floor(seconds) })
  if (seconds < 3600) return t('duration.minutes', { n: Math.floor(seconds / 60) })
  if (seconds < 86_400) return t('duration.hours', { n: Math.floor(seconds / 3600) })
  return t('duration.days', { n: Math.floor(seconds / 86_400) })
}

export function ago(seconds: number): string {
  return i18n.global.t('duration.ago', { span: duration(seconds) })
}

/** `2.1`: kilometres with one decimal below 100. */
export function kilometres(metres: number): string {
  const km = metres / 1000
  return (km >= 100 ? String(Math.round(km)) : km.toFixed(1)).replace('-', '−')
}
