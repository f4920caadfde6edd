import { common } from '@/i18n/en/common'
import { dispatch } from '@/i18n/en/dispatch'
import { reasons } from '@/i18n/en/reasons'
import type { Catalogue } from '@/i18n/messages'
import type { zhCN } from '@/i18n/zh-CN'

export const en: Catalogue<typeof zhCN> = { ...common, ...dispatch, ...reasons }
