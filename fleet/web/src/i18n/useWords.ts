import { useI18n } from 'vue-i18n'
import type { Words } from '@/i18n/reasons'
import { clockTime, minutesSpan } from '@/time/format'

export function useWords(): Words {
  const { t, te } = useI18n()
  return {
    t: (key, values) => t(key, values ?? {}),
    te: (key) => te(key),
    time: clockTime,
    span: minutesSpan,
  }
}
