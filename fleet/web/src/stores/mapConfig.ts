import { defineStore } from 'pinia'
import { ref } from 'vue'
import { get } from '@/api/client'
import type { MapConfig } from '@/api/types'

/** Where the base map comes from and what must be written on it; asked once. */
export const useMapConfig = defineStore('mapConfig', () => {
  const config = ref<MapConfig | null>(null)
  let asking: Promise<void> | null = null

  function load(): Promise<void> {
    asking ??= get('/api/v1/map').then(
      (told) => void (config.value = told),
      () => void (asking = null), // vehicles and routes draw without it; asked again by the next map
    )
    return asking
  }

  return { config, load }
})
