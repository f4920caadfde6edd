import { onBeforeUnmount, onMounted, shallowRef } from 'vue'

export type OwnPosition = { lon: number; lat: number; speedKmh: number | null; heading: number | null }

/** Where the phone is, while a page is open; null when it may not know. */
export function useOwnPosition() {
  const position = shallowRef<OwnPosition | null>(null)
  let watching: number | null = null

  onMounted(() => {
    if (!('geolocation' in navigator)) return
    watching = navigator.geolocation.watchPosition(
      ({ coords }) => {
        position.value = {
          lon: coords.longitude,
          lat: coords.latitude,
          speedKmh: coords.speed === null ? null : coords.speed * 3.6,
          heading: coords.heading,
        }
      },
      () => (position.value = null),
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: 20_000 },
    )
  })
  onBeforeUnmount(() => {
    if (watching !== null) navigator.geolocation.clearWatch(watching)
  })
  return position
}
