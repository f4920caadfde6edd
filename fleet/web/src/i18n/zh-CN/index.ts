import { common } from '@/i18n/zh-CN/common'
import { dispatch } from '@/i18n/zh-CN/dispatch'
import { reasons } from '@/i18n/zh-CN/reasons'

export const zhCN = { ...common, ...dispatch, ...reasons }
