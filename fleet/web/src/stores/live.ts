import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { get } from '@/api/client'
import { tellSignedOut } from '@/api/signedOut'
import type { Change, Counters, Hello, LiveVehicle } from '@/api/types'
import { ageSeconds, freshness, group, type Freshness, type Group } from '@/live/freshness'
import { EventStream, type StreamState } from '@/live/stream'
import { useClock } from '@/time/clock'

export type SeenVehicle = { vehicle: LiveVehicle; fresh: Freshness; ageS: number | null; group: Group }
type Listener = (change: Change) => void

const LATE_FLEET_S = 60 // above this the bar turns amber (UI §4)

/**
 * The live picture. The list, the map, the counters and every popover read this one store,
 * so they cannot disagree about where a car is or how old that knowledge is.
 */
export const useLive = defineStore('live', () => {
  const clock = useClock()
  const vehicles = shallowRef(new Map<number, LiveVehicle>())
  const counters = ref<Counters | null>(null)
  const state = ref<StreamState>('connecting')
  const listeners = new Set<Listener>()
  let stream: EventStream | null = null
  let users = 0

  const seen = computed<SeenVehicle[]>(() => {
    void clock.second // ages grow although nothing arrives
    const now = clock.read()
    return [...vehicles.value.values()].map((vehicle) => {
      const fresh = freshness(vehicle, now, clock.rate)
      return { vehicle, fresh, ageS: ageSeconds(vehicle, now), group: group(vehicle.activity, fresh) }
    })
  })

  const counts = computed(() => {
    const result: Record<Group, number> = { idle: 0, on_task: 0, lost: 0, disabled: 0 }
    for (const each of seen.value) result[each.group] += 1
    return { ...result, total: seen.value.length }
  })

  const delayS = computed(() => counters.value?.delay_s ?? null)
  const late = computed(() => delayS.value !== null && delayS.value > LATE_FLEET_S)

  function moved(next: StreamState) {
    state.value = next
    if (next === 'refused') tellSignedOut()
  }

  function take(name: string, data: string) {
    if (name === 'hello') return hello(JSON.parse(data) as Hello)
    if (name === 'vehicles') return merge(JSON.parse(data) as LiveVehicle[])
    if (name === 'counters') return void (counters.value = JSON.parse(data) as Counters)
    if (name === 'change') tell(JSON.parse(data) as Change)
  }

  function hello(told: Hello) {
    clock.set(told)
    counters.value = told.counters
    vehicles.value = new Map(told.vehicles.map((vehicle) => [vehicle.id, vehicle]))
  }

  function merge(changed: LiveVehicle[]) {
    for (const vehicle of changed) vehicles.value.set(vehicle.id, vehicle)
    triggerRef(vehicles)
  }

  function tell(change: Change) {
    for (const listener of listeners) listener(change)
  }

  /** Hold the stream open while a page is shown; the returned function lets go of it. */
  function join(): () => void {
    users += 1
    if (!stream) {
      stream = new EventStream('/api/v1/live', { event: take, state: moved })
      stream.start()
    }
    return () => {
      users -= 1
      if (users > 0) return
      stream?.stop()
      stream = null
    }
  }

  function onChange(listener: Listener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  async function readClock() {
    clock.set(await get('/api/v1/clock'))
  }

  return { vehicles, counters, state, seen, counts, delayS, late, join, onChange, readClock }
})
