import { Problem } from '@/api/problem'
import type { Words } from '@/i18n/reasons'

/** A refusal in words: what kind it is in the reader's language, then what the office said about it. */
export function problemText(problem: unknown, { t, te }: Pick<Words, 't' | 'te'>): string {
  if (!(problem instanceof Problem)) return String(problem)
  if (problem.unreachable) return t('problem.unreachable')
  const key = `problem.kind.${problem.kind}`
  const kind = t(te(key) ? key : 'problem.kind.internal')
  const errors = problem.errors.map((error) => error.message)
  const said = errors.length ? errors : [problem.detail] // the detail only repeats the errors of fields
  const detail = [...said, problem.remedy].filter(Boolean).join(' ')
  return t('problem.told', { kind, detail })
}
