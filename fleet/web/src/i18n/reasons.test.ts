import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { en } from '@/i18n/en'
import { constraintText, reasonText, type Words } from '@/i18n/reasons'
import { zhCN } from '@/i18n/zh-CN'

function wordsIn(locale: 'zh-CN' | 'en'): Words {
  const { t, te } = createI18n({ legacy: false, locale, messages: { 'zh-CN': zhCN, en } }).global
  return {
    t: (key, values) => t(key, values ?? {}),
    te: (key) => te(key),
    time: (iso) => iso.slice(11, 16),
    span: (seconds) => `${Math.round(seconds / 60)}`,
  }
}

const early = {
  code: 'arrives_early',
  weight: 'for' as const,
  values: { slack_s: 360, low: '2026-03-11T10:01:00', high: '2026-03-11T10:07:00' },
}

describe('reasons in words', () => {
  it('says the same in both languages, from the same data', () => {
    expect(reasonText(early, wordsIn('zh-CN'))).toBe('80% 把握 10:01–10:07 到达，早 6 分')
    expect(reasonText(early, wordsIn('en'))).toBe('80% sure to be there 10:01–10:07, 6 min early')
  })

  it('names what keeps the nearest car away, and until when', () => {
    const values = { distance_m: 1400, code: 'locked', until: '2026-03-11T10:30:00' }
    const reason = { code: 'not_nearest', weight: 'why_not' as const, values }
    expect(reasonText(reason, wordsIn('zh-CN'))).toBe('距上车点 1.4 km，但任务已锁定，10:30 后才空')
  })

  it('shows a code it does not know rather than nothing', () => {
    expect(reasonText({ code: 'brand_new', weight: 'for', values: {} }, wordsIn('zh-CN'))).toBe('brand_new')
    expect(constraintText('brand_new', wordsIn('en'))).toBe('brand_new')
  })
})
