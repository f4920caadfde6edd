import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { get, post } from '@/api/client'
import type { CaseAction, CaseDetail, Track } from '@/api/types'
import { joinTracks } from '@/audit/track'
import { debounced } from '@/stores/debounced'
import { useLive } from '@/stores/live'

const MOST_TRIPS = 12

function isSame(a: Track | null, b: Track | null): boolean {
  if (!a || !b) return a === b
  return a.trip.id === b.trip.id && a.trip.version === b.trip.version && a.points.length === b.points.length
}

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
      const joined = found.trip_id == null ? null : await trackOf(found, found.trip_id)
      // The same track again would throw the reader's replay back to its start.
      if (caseId.value === id && !isSame(track.value, joined)) track.value = joined
    } catch (cause) {
      if (caseId.value === id) problem.value = cause
    }
  }

  /** A finding may span the trips of a whole run, so all trips within its time are read as one track. */
  async function trackOf({ vehicle_id, started_at, ended_at }: CaseDetail, tripId: number): Promise<Track> {
    const query = { vehicle_id, from: started_at, until: ended_at }
    const trips = await get('/api/v1/trips', { query })
    const ids = trips.length ? trips.map((trip) => trip.id) : [tripId]
    const tracks = ids.slice(0, MOST_TRIPS).map((id) => get('/api/v1/trips/{trip_id}/track', { path: { trip_id: id } }))
    return joinTracks(await Promise.all(tracks))
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
