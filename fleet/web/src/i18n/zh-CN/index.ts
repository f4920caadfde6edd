import { common } from '@/i18n/zh-CN/common'

export const zhCN = { ...common }
