import { audit } from '@/i18n/en/audit'
import { common } from '@/i18n/en/common'
import { dispatch } from '@/i18n/en/dispatch'
import { driver } from '@/i18n/en/driver'
import { reasons } from '@/i18n/en/reasons'
import { requests } from '@/i18n/en/requests'
import type { Catalogue } from '@/i18n/messages'
import type { zhCN } from '@/i18n/zh-CN'

export const en: Catalogue<typeof zhCN> = { ...audit, ...common, ...dispatch, ...driver, ...reasons, ...requests }
