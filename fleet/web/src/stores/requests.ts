import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get } from '@/api/client'
import type { RequestStatus, RequestSummary } from '@/api/types'
import { useLive } from '@/stores/live'
import { debounced } from '@/stores/debounced'

export type Tab = 'pending' | 'confirming' | 'dispatched' | 'returned'

const TABS: Record<Tab, RequestStatus[]> = {
  pending: ['pending_dispatch', 'no_vehicle', 'reassign_requested'],
  confirming: ['dispatched'],
  dispatched: ['accepted', 'en_route', 'arrived', 'in_service', 'service_ended'],
  returned: ['cancelled', 'platform_rejected', 'withdrawn'],
}

/** The clerk's requests, sorted by the moment each must be decided. Kept fresh by the live stream. */
export const useRequests = defineStore('requests', () => {
  const live = useLive()
  const all = ref<RequestSummary[]>([])
  const loaded = ref(false)
  const problem = ref<unknown>(null)
  const hidden = ref(new Set<number>()) // confirmed by us, not yet told by the office

  const byTab = computed(() => {
    const result: Record<Tab, RequestSummary[]> = { pending: [], confirming: [], dispatched: [], returned: [] }
    for (const request of all.value) {
      const tab = tabOf(request)
      if (tab) result[tab].push(request)
    }
    return result
  })

  function tabOf(request: RequestSummary): Tab | null {
    if (hidden.value.has(request.id) && TABS.pending.includes(request.status)) return 'confirming'
    const found = Object.entries(TABS).find(([, statuses]) => statuses.includes(request.status))
    return found ? (found[0] as Tab) : null
  }

  async function load() {
    try {
      const status = Object.values(TABS).flat()
      const found = await get('/api/v1/requests', { query: { status, limit: 400 } })
      all.value = found.sort((a, b) => a.decide_by.localeCompare(b.decide_by) || a.id - b.id)
      loaded.value = true
      problem.value = null
    } catch (cause) {
      problem.value = cause
    }
  }

  const refresh = debounced(load, 150)

  function watchLive(): () => void {
    return live.onChange(({ topic }) => {
      if (topic === 'request' || topic === 'proposal' || topic === 'run') refresh()
    })
  }

  /** Show as dispatched at once; the office's word replaces it. */
  function expect(id: number) {
    hidden.value.add(id)
  }

  function unexpect(id: number) {
    hidden.value.delete(id)
  }

  return { all, byTab, loaded, problem, load, refresh, watchLive, expect, unexpect }
})
