import { audit } from '@/i18n/zh-CN/audit'
import { common } from '@/i18n/zh-CN/common'
import { dispatch } from '@/i18n/zh-CN/dispatch'
import { driver } from '@/i18n/zh-CN/driver'
import { reasons } from '@/i18n/zh-CN/reasons'
import { requests } from '@/i18n/zh-CN/requests'

export const zhCN = { ...audit, ...common, ...dispatch, ...driver, ...reasons, ...requests }
