import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get } from '@/api/client'
import type { CaseStatus, CaseSummary, Severity } from '@/api/types'
import { debounced } from '@/stores/debounced'
import { useLive } from '@/stores/live'

export type CaseTab = 'verify' | 'explain' | 'review' | 'closed'

const TABS: Record<CaseTab, CaseStatus[]> = {
  verify: ['detected', 'to_verify'],
  explain: ['explain_requested'],
  review: ['explained', 'under_review', 'irregular', 'rectifying', 'sanction', 'referred'],
  closed: ['confirmed', 'cleared', 'auto_cleared', 'closed', 'archived'],
}
const GRAVITY: Record<Severity, number> = { red: 0, yellow: 1, advisory: 2 }

/** The auditor's alerts: by gravity, then by what expires first. */
export const useCases = defineStore('cases', () => {
  const live = useLive()
  const all = ref<CaseSummary[]>([])
  const loaded = ref(false)
  const problem = ref<unknown>(null)

  const byTab = computed(() => {
    const result: Record<CaseTab, CaseSummary[]> = { verify: [], explain: [], review: [], closed: [] }
    for (const each of all.value) {
      const tab = (Object.keys(TABS) as CaseTab[]).find((name) => TABS[name].includes(each.status))
      if (tab) result[tab].push(each)
    }
    return result
  })

  async function load() {
    try {
      const found = await get('/api/v1/cases', { query: { status: Object.values(TABS).flat() } })
      all.value = found.sort(
        (a, b) => GRAVITY[a.severity] - GRAVITY[b.severity] || a.due_at.localeCompare(b.due_at) || a.id - b.id,
      )
      problem.value = null
      loaded.value = true
    } catch (cause) {
      problem.value = cause
    }
  }

  const refresh = debounced(load, 250)

  function watchLive(): () => void {
    return live.onChange(({ topic }) => {
      if (topic === 'case' || topic === 'alert') refresh()
    })
  }

  return { all, byTab, loaded, problem, load, watchLive }
})

export function tabOf(status: CaseStatus): CaseTab {
  return (Object.keys(TABS) as CaseTab[]).find((name) => TABS[name].includes(status)) ?? 'closed'
}
