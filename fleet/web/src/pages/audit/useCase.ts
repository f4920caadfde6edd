import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { get, post } from '@/api/client'
import type { CaseAction, CaseDetail, Track } from '@/api/types'
import { debounced } from '@/stores/debounced'
import { useLive } from '@/stores/live'

/** The selected case with its trip's track, and what may be done with it. */
export function useCase(caseId: Ref<number | null>) {
  const live = useLive()
  const detail = ref<CaseDetail | null>(null)
  const track = shallowRef<Track | null>(null)
  const problem = ref<unknown>(null)
  const failure = ref<unknown>(null)

  async function load() {
    const id = caseId.value
    if (id === null) return
    try {
      const found = await get('/api/v1/cases/{case_id}', { path: { case_id: id } })
      if (caseId.value !== id) return
      detail.value = found
      problem.value = null
      if (found.trip_id === null || found.trip_id === undefined) track.value = null
      else if (track.value?.trip.id !== found.trip_id) await loadTrack(found.trip_id, id)
    } catch (cause) {
      if (caseId.value === id) problem.value = cause
    }
  }

  async function loadTrack(tripId: number, forCase: number) {
    const found = await get('/api/v1/trips/{trip_id}/track', { path: { trip_id: tripId } })
    if (caseId.value === forCase) track.value = found
  }

  /** True when the office took it; otherwise the reason is in `failure` and the case is fetched anew. */
  async function act(action: Omit<CaseAction, 'version'>): Promise<boolean> {
    const current = detail.value
    if (!current) return false
    try {
      const body = { ...action, version: current.version }
      detail.value = await post('/api/v1/cases/{case_id}/actions', body, { path: { case_id: current.id } })
      return true
    } catch (cause) {
      failure.value = cause
      await load()
      return false
    }
  }

  const reload = debounced(load, 250)
  const leave = live.onChange(({ topic, subject_id }) => {
    if (topic === 'case' && subject_id === String(caseId.value)) reload()
  })
  onBeforeUnmount(leave)

  watch(
    caseId,
    () => {
      detail.value = null
      track.value = null
      problem.value = null
      void load()
    },
    { immediate: true },
  )

  return { detail, track, problem, failure, load, act }
}
