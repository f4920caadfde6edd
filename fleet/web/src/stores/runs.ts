import { defineStore } from 'pinia'
import { ref } from 'vue'
import { get } from '@/api/client'
import type { Run } from '@/api/types'
import { debounced } from '@/stores/debounced'
import { useLive } from '@/stores/live'
import { useClock } from '@/time/clock'
import { dateKey } from '@/time/format'

/** Today's runs of the pool: what the impact strip and the alerts are drawn from. */
export const useRuns = defineStore('runs', () => {
  const live = useLive()
  const clock = useClock()
  const today = ref<Run[]>([])

  async function load() {
    const on = dateKey(clock.read())
    const found = await get('/api/v1/runs', { query: { on } }).catch(() => null)
    if (found) today.value = found.filter((run) => run.status !== 'cancelled')
  }

  const refresh = debounced(load, 200)

  function watchLive(): () => void {
    return live.onChange(({ topic }) => {
      if (topic === 'run') refresh()
    })
  }

  function ofVehicle(vehicleId: number): Run[] {
    return today.value
      .filter((run) => run.vehicle_id === vehicleId)
      .sort((a, b) => a.planned_start.localeCompare(b.planned_start))
  }

  return { today, load, refresh, watchLive, ofVehicle }
})
