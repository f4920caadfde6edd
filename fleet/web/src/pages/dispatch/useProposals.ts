import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { get, post } from '@/api/client'
import type { ProposalSet, RequestDetail } from '@/api/types'
import { debounced } from '@/stores/debounced'
import { useLive } from '@/stores/live'

const POLL_MS = 2500 // while computing; the stream usually tells sooner

/** The selected request in full and what the planner proposes for it. */
export function useProposals(requestId: Ref<number | null>) {
  const live = useLive()
  const detail = ref<RequestDetail | null>(null)
  const proposals = ref<ProposalSet | null>(null)
  const problem = ref<unknown>(null)
  const recomputing = ref(false)
  let poll: ReturnType<typeof setTimeout> | undefined

  async function load() {
    const id = requestId.value
    if (id === null) return
    clearTimeout(poll)
    const params = { path: { request_id: id } }
    try {
      const [request, set] = await Promise.all([
        get('/api/v1/requests/{request_id}', params),
        get('/api/v1/requests/{request_id}/proposals', params),
      ])
      if (requestId.value !== id) return
      detail.value = request
      proposals.value = set
      problem.value = null
      if (set.state === 'computing') poll = setTimeout(load, POLL_MS)
    } catch (cause) {
      if (requestId.value === id) problem.value = cause
    }
  }

  async function recompute() {
    const id = requestId.value
    if (id === null || recomputing.value) return
    recomputing.value = true
    try {
      const set = await post('/api/v1/requests/{request_id}/proposals', undefined, { path: { request_id: id } })
      if (requestId.value === id) proposals.value = set
    } catch (cause) {
      problem.value = cause
    } finally {
      recomputing.value = false
      void load()
    }
  }

  const reload = debounced(load, 200)
  const leave = live.onChange(({ topic, subject_id }) => {
    const ours = subject_id === String(requestId.value)
    if (topic === 'run' || ((topic === 'proposal' || topic === 'request') && ours)) reload()
  })
  onBeforeUnmount(() => {
    leave()
    clearTimeout(poll)
  })

  watch(
    requestId,
    () => {
      detail.value = null
      proposals.value = null
      problem.value = null
      void load()
    },
    { immediate: true },
  )

  return { detail, proposals, problem, recomputing, load, recompute }
}
