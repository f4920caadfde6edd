import { createI18n } from 'vue-i18n'
import { en } from '@/i18n/en'
import { zhCN } from '@/i18n/zh-CN'

export type Locale = 'zh-CN' | 'en'

const STORED_AS = 'motorpool.locale'

export const i18n = createI18n({
  legacy: false,
  locale: (localStorage.getItem(STORED_AS) as Locale | null) ?? 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN, en },
})

export function currentLocale(): Locale {
  return i18n.global.locale.value as Locale
}

export function chooseLocale(locale: Locale) {
  i18n.global.locale.value = locale
  localStorage.setItem(STORED_AS, locale)
  document.documentElement.lang = locale
}

document.documentElement.lang = currentLocale()
