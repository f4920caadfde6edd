/**
 * How the base map looks: quiet enough that everything coloured on it is data.
 * Layers and attributes are those of fleet/local/basemap/process.lua.
 */
import type { FeatureLike } from 'ol/Feature'
import Point from 'ol/geom/Point'
import type RenderFeature from 'ol/render/Feature'
import Fill from 'ol/style/Fill'
import RegularShape from 'ol/style/RegularShape'
import Stroke from 'ol/style/Stroke'
import Style, { type StyleFunction } from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { Palette } from '@/map/paint'

type RoadLook = { rank: number; fill: string; casing: string; widths: number[]; labelFrom: number }

const WORLD_RESOLUTION = 156543.034 // of zoom 0 with 256 px tiles
const FONT = '"Inter","PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif'

// Widths in px at zoom 10, 12, 14, 16, 18; between them a straight line.
const WIDTH_ZOOMS = [10, 12, 14, 16, 18]
const ROADS: Record<string, RoadLook> = {
  motorway: { rank: 9, fill: '--map-exp', casing: '--map-exp-case', widths: [2, 5.4, 8.6, 17, 30], labelFrom: 12 },
  trunk: { rank: 8, fill: '--map-exp', casing: '--map-exp-case', widths: [1.8, 5, 8.2, 16, 28], labelFrom: 12 },
  primary: { rank: 7, fill: '--map-art', casing: '--map-art-case', widths: [1.2, 4.6, 7.6, 15, 26], labelFrom: 11.5 },
  secondary: { rank: 6, fill: '--map-art', casing: '--map-art-case', widths: [0.8, 4, 6.6, 13, 24], labelFrom: 12.2 },
  tertiary: { rank: 5, fill: '--map-minor', casing: '--map-minor-case', widths: [0, 2.8, 5, 10, 20], labelFrom: 13.4 },
  minor: { rank: 4, fill: '--map-minor', casing: '--map-minor-case', widths: [0, 1.6, 3.6, 8, 17], labelFrom: 14.6 },
  service: { rank: 3, fill: '--map-minor', casing: '--map-minor-case', widths: [0, 0, 2, 5, 10], labelFrom: 99 },
  path: { rank: 2, fill: '--map-minor', casing: '--map-minor-case', widths: [0, 0, 1, 2.4, 5], labelFrom: 99 },
}

export function baseStyle(palette: Palette): StyleFunction {
  const { paint } = palette
  const cache = new Map<string, Style[]>()

  function cached(key: string, make: () => Style[]): Style[] {
    let styles = cache.get(key)
    if (!styles) {
      styles = make()
      cache.set(key, styles)
    }
    return styles
  }

  const area = (token: string, zIndex: number) =>
    cached(`area ${token}`, () => [new Style({ fill: new Fill({ color: paint(token) }), zIndex })])

  function water(feature: FeatureLike, zoom: number): Style[] {
    const line = feature.getGeometry()?.getType().includes('Line')
    if (!line) return area('--map-water', 2)
    const width = feature.get('class') === 'stream' ? 1 : Math.max(1, (zoom - 9) * 1.5)
    const styles = cached(`waterline ${width.toFixed(1)}`, () => [
      new Style({ stroke: new Stroke({ color: paint('--map-water'), width }), zIndex: 2 }),
    ])
    const name = feature.get('name') as string | undefined
    return name ? [...styles, ...cached(`waterlabel ${name}`, () => [waterLabel(name)])] : styles
  }

  function waterLabel(name: string): Style {
    const text = label(spread(name), '--map-water-text', `italic 400 12px ${FONT}`)
    text.setPlacement('line')
    text.setMaxAngle(0.6)
    return new Style({ text, zIndex: 60 })
  }

  function road(feature: FeatureLike, zoom: number): Style[] {
    const look = ROADS[feature.get('class') as string]
    if (!look) return []
    const ramp = feature.get('ramp') ? 0.62 : 1
    const width = at(look.widths, zoom) * ramp
    if (width < 0.3) return []
    const bridge = Boolean(feature.get('bridge'))
    const tunnel = Boolean(feature.get('tunnel'))
    const key = `${look.rank} ${width.toFixed(2)} ${bridge} ${tunnel}`
    const lines = cached(key, () => roadLines(look, width, bridge, tunnel))
    const name = feature.get('name') as string | undefined
    if (!name || ramp < 1 || zoom < look.labelFrom) return lines
    return [...lines, ...roadLabel(feature as RenderFeature, name, look.rank, zoom)]
  }

  function roadLines(look: RoadLook, width: number, bridge: boolean, tunnel: boolean): Style[] {
    const lift = bridge ? 20 : 0
    const casing = new Stroke({
      color: paint(look.casing),
      width: width + (bridge ? 2.4 : 1.4),
      lineCap: bridge ? 'butt' : 'round',
      lineJoin: 'round',
      lineDash: tunnel ? [5, 4] : undefined,
    })
    const fill = new Stroke({
      color: tunnel ? paint('--map-land') : paint(look.fill),
      width,
      lineCap: 'round',
      lineJoin: 'round',
    })
    return [
      new Style({ stroke: casing, zIndex: bridge ? 10 + lift + look.rank : 10 }),
      new Style({ stroke: fill, zIndex: 11 + lift + look.rank }),
    ]
  }

  function roadLabel(feature: RenderFeature, name: string, rank: number, zoom: number): Style[] {
    const { length, steep, middle } = shape(feature, zoom)
    if (length < name.length * 13 + (steep ? 110 : 40)) return []
    if (!steep || !isChinese(name)) return cached(`road ${name}`, () => [lineLabel(name, rank)])
    const style = new Style({
      text: label([...name].join('\n'), '--map-label', `400 12px/1.1 ${FONT}`),
      zIndex: 40 + rank,
    })
    style.setGeometry(new Point(middle)) // upright characters, one below the other, as on Chinese maps
    return [style]
  }

  function lineLabel(name: string, rank: number): Style {
    const text = label(name, '--map-label', `400 12px ${FONT}`)
    text.setPlacement('line')
    text.setMaxAngle(0.5)
    text.setRepeat(640)
    return new Style({ text, zIndex: 40 + rank })
  }

  function place(feature: FeatureLike): Style[] {
    const name = feature.get('name') as string | undefined
    if (!name) return []
    return cached(`place ${name}`, () => [
      new Style({ text: label(name, '--map-place', `600 13px ${FONT}`), zIndex: 70 }),
    ])
  }

  function poi(feature: FeatureLike, zoom: number): Style[] {
    const name = feature.get('name') as string | undefined
    const from = POI_FROM[feature.get('class') as string] ?? 15.5
    if (!name || zoom < from) return []
    return cached(`poi ${name}`, () => {
      const text = label(name, '--map-place', `600 12px ${FONT}`)
      text.setTextAlign('left')
      text.setOffsetX(9)
      const image = new RegularShape({
        points: 4,
        radius: 4,
        angle: Math.PI / 4,
        fill: new Fill({ color: paint('--map-place') }),
        stroke: new Stroke({ color: paint('--map-halo'), width: 1.5 }),
      })
      return [new Style({ image, text, zIndex: 65 })]
    })
  }

  function label(text: string, colour: string, font: string): Text {
    return new Text({
      text,
      font,
      fill: new Fill({ color: paint(colour) }),
      stroke: new Stroke({ color: paint('--map-halo'), width: 3 }),
      padding: [2, 4, 2, 4],
    })
  }

  function rail(): Style[] {
    return cached('rail', () => [
      new Style({ stroke: new Stroke({ color: paint('--map-rail'), width: 2.4 }), zIndex: 8 }),
      new Style({ stroke: new Stroke({ color: paint('--map-land'), width: 1, lineDash: [7, 6] }), zIndex: 9 }),
    ])
  }

  return (feature, resolution) => {
    const zoom = Math.log2(WORLD_RESOLUTION / resolution)
    switch (feature.get('layer') as string) {
      case 'water':
        return water(feature, zoom)
      case 'park':
        return area('--map-park', 1)
      case 'building':
        return zoom < 14 ? [] : area('--map-block', 3)
      case 'rail':
        return rail()
      case 'road':
        return road(feature, zoom)
      case 'place':
        return place(feature)
      case 'poi':
        return poi(feature, zoom)
      default:
        return []
    }
  }
}

const POI_FROM: Record<string, number> = {
  station: 11,
  townhall: 12,
  hospital: 12.5,
  university: 13,
  museum: 13.5,
  government: 14.2,
}

function at(widths: number[], zoom: number): number {
  const last = WIDTH_ZOOMS.length - 1
  if (zoom <= WIDTH_ZOOMS[0]) return widths[0]
  if (zoom >= WIDTH_ZOOMS[last]) return widths[last]
  const upper = WIDTH_ZOOMS.findIndex((each) => each >= zoom)
  const share = (zoom - WIDTH_ZOOMS[upper - 1]) / (WIDTH_ZOOMS[upper] - WIDTH_ZOOMS[upper - 1])
  return widths[upper - 1] + share * (widths[upper] - widths[upper - 1])
}

/** Length in px, whether the line runs closer to north-south, and the point half-way. */
function shape(feature: RenderFeature, zoom: number): { length: number; steep: boolean; middle: [number, number] } {
  const flat = feature.getFlatCoordinates()
  const last = flat.length - 2
  const metres: number[] = [0]
  for (let i = 2; i <= last; i += 2) {
    metres.push(metres[i / 2 - 1] + Math.hypot(flat[i] - flat[i - 2], flat[i + 1] - flat[i - 1]))
  }
  const total = metres[metres.length - 1]
  const half = Math.max(1, metres.findIndex((each) => each >= total / 2))
  const share = (total / 2 - metres[half - 1]) / (metres[half] - metres[half - 1] || 1)
  const a = (half - 1) * 2
  return {
    length: total / (WORLD_RESOLUTION / 2 ** zoom),
    steep: Math.abs(flat[last + 1] - flat[1]) > 1.2 * Math.abs(flat[last] - flat[0]),
    middle: [flat[a] + share * (flat[a + 2] - flat[a]), flat[a + 1] + share * (flat[a + 3] - flat[a + 1])],
  }
}

function isChinese(name: string): boolean {
  return /^[\u4e00-\u9fff]+$/.test(name)
}

function spread(name: string): string {
  return isChinese(name) ? [...name].join(' ') : name
}
