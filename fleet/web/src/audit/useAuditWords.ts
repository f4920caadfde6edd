import { useWords } from '@/i18n/useWords'
import { day, exactDuration } from '@/time/format'

export function useAuditWords() {
  return { ...useWords(), exactly: exactDuration, day }
}
