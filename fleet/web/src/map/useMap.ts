import OlMap from 'ol/Map'
import View from 'ol/View'
import { defaults as defaultInteractions } from 'ol/interaction/defaults'
import VectorTileLayer from 'ol/layer/VectorTile'
import { fromLonLat, transformExtent } from 'ol/proj'
import { onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import { baseStyle } from '@/map/baseStyle'
import { Palette } from '@/map/paint'
import { openTiles } from '@/map/tiles'
import { useMapConfig } from '@/stores/mapConfig'
import { useTheme } from '@/theme/theme'

const START_ZOOM = 13.2

/** A map in `container` with the base map under it, repainted when the theme changes. */
export function useMap(container: Ref<HTMLElement | null>) {
  const { theme } = useTheme()
  const settings = useMapConfig()
  const map = shallowRef<OlMap | null>(null)
  const baseFailed = ref(false)
  const loading = ref(true)
  const base = new VectorTileLayer({ declutter: true, zIndex: 0, renderBuffer: 120, updateWhileAnimating: true })

  onMounted(async () => {
    const made = new OlMap({
      target: container.value ?? undefined,
      layers: [base],
      controls: [],
      interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }),
      view: new View({ center: [0, 0], zoom: START_ZOOM, minZoom: 8, maxZoom: 18, enableRotation: false }),
    })
    made.on('loadstart', () => (loading.value = true))
    made.on('loadend', () => (loading.value = false))
    map.value = made
    await settings.load()
    const config = settings.config
    if (!config) return void (baseFailed.value = true)
    if (!touched(made)) made.getView().setCenter(fromLonLat(config.centre))
    await lay(config.tiles_url)
  })

  onBeforeUnmount(() => map.value?.setTarget(undefined))

  async function lay(url: string | null) {
    if (!url) return void (baseFailed.value = true)
    try {
      base.setSource(await openTiles(url))
      base.setStyle(baseStyle(new Palette()))
      baseFailed.value = false
    } catch {
      baseFailed.value = true // roads are missing; cars and routes still draw
    }
  }

  watch(theme, () => base.setStyle(baseStyle(new Palette())), { flush: 'post' })

  function home() {
    const view = map.value?.getView()
    if (view && settings.config) view.fit(transformExtent(settings.config.bounds, 'EPSG:4326', view.getProjection()))
  }

  return { map, base, theme, loading, baseFailed, settings, home, retryBase: () => lay(settings.config?.tiles_url ?? null) }
}

/** Somebody already looked elsewhere (a route was fitted) before the configuration came. */
function touched(map: OlMap): boolean {
  const centre = map.getView().getCenter()
  return centre !== undefined && (centre[0] !== 0 || centre[1] !== 0)
}
