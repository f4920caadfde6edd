import type OlMap from 'ol/Map'
import Feature from 'ol/Feature'
import { containsCoordinate } from 'ol/extent'
import Point from 'ol/geom/Point'
import VectorLayer from 'ol/layer/Vector'
import { fromLonLat } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import Fill from 'ol/style/Fill'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { LiveVehicle } from '@/api/types'
import { iconOf, Palette } from '@/map/paint'
import { metresBetween } from '@/map/route'
import { alertMarkup, candidateMarkup, depotMarkup, symbolMarkup, symbolOf, turns } from '@/map/symbols'
import type { SeenVehicle } from '@/stores/live'
import { ago } from '@/time/format'
import { shortPlate } from '@/components/plate'

/** What the page adds to a vehicle: its rank among the candidates, or that it is picked. */
export type Marked = { candidates: Map<number, number>; chosen: number | null; selected: number | null }

type Glide = { from: [number, number]; to: [number, number]; start: number }

const GLIDE_MS = 1500 // never longer than 2 s: a stale point is not carried on
const GLIDE_LIMIT_M = 1500 // farther than this it jumps, for a glide would show a road nobody drove
const FRAME_MS = 50
const MANY = 300 // with so many in motion fewer frames do, and panning stays fluid
const SLOW_FRAME_MS = 250
const DEPOT_ZOOM = 15.5
const YARD_M = 200
const FAN_PX = 46
const FAN_UP_PX = 32
const FONT = '600 12px/16px "Inter","PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif'

/** One vector layer for all vehicles: features are made once and moved, styles come from a cache. */
export class VehicleLayer {
  readonly layer = new VectorLayer({ source: new VectorSource(), zIndex: 50 })
  private readonly features = new Map<number, Feature<Point>>()
  private readonly depots = new Map<string, Feature<Point>>()
  private readonly glides = new Map<number, Glide>()
  private readonly styles = new Map<string, Style>()
  private palette = new Palette()
  private seen: SeenVehicle[] = []
  private marked: Marked = { candidates: new Map(), chosen: null, selected: null }
  private lastFrame = 0

  constructor(private readonly map: OlMap) {
    map.addLayer(this.layer)
    map.getView().on('change:resolution', () => this.restyle())
  }

  show(seen: SeenVehicle[], marked: Marked) {
    this.seen = seen
    this.marked = marked
    const present = new Set(seen.map((each) => each.vehicle.id))
    for (const id of [...this.features.keys()]) if (!present.has(id)) this.remove(id)
    for (const each of seen) this.move(each)
    this.restyle()
  }

  /** The theme changed: every colour is read anew. */
  repaint() {
    this.palette = new Palette()
    this.styles.clear()
    this.restyle()
  }

  private remove(id: number) {
    const feature = this.features.get(id)
    if (feature) this.layer.getSource()?.removeFeature(feature)
    this.features.delete(id)
    this.glides.delete(id)
  }

  private move({ vehicle }: SeenVehicle) {
    if (vehicle.lon == null || vehicle.lat == null) return this.remove(vehicle.id)
    const to = fromLonLat([vehicle.lon, vehicle.lat]) as [number, number]
    const feature = this.features.get(vehicle.id)
    if (!feature) {
      const made = new Feature(new Point(to))
      made.setId(vehicle.id)
      this.features.set(vehicle.id, made)
      this.layer.getSource()?.addFeature(made)
      return
    }
    const target = this.glides.get(vehicle.id)?.to ?? feature.getGeometry()!.getCoordinates()
    if (target[0] !== to[0] || target[1] !== to[1]) this.glide(vehicle.id, feature, to)
  }

  private glide(id: number, feature: Feature<Point>, to: [number, number]) {
    const from = feature.getGeometry()!.getCoordinates() as [number, number]
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) > GLIDE_LIMIT_M || !this.isInSight(to)) {
      this.glides.delete(id)
      feature.getGeometry()!.setCoordinates(to)
      return
    }
    if (this.glides.size === 0) requestAnimationFrame(this.step)
    this.glides.set(id, { from, to, start: performance.now() })
  }

  private isInSight(at: [number, number]): boolean {
    return containsCoordinate(this.map.getView().calculateExtent(this.map.getSize()), at)
  }

  private readonly step = (now: number) => {
    if (this.glides.size === 0) return
    requestAnimationFrame(this.step)
    if (now - this.lastFrame < (this.glides.size > MANY ? SLOW_FRAME_MS : FRAME_MS)) return
    this.lastFrame = now
    for (const [id, { from, to, start }] of this.glides) {
      const share = Math.min(1, Math.max(0, (now - start) / GLIDE_MS))
      const at = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
      this.features.get(id)?.getGeometry()?.setCoordinates(at)
      if (share === 1) this.glides.delete(id)
    }
  }

  private restyle() {
    const zoom = this.map.getView().getZoom() ?? 0
    const gathered = zoom < DEPOT_ZOOM ? this.gather() : new Map<string, SeenVehicle[]>()
    const hidden = new Set([...gathered.values()].flat().map((each) => each.vehicle.id))
    const shifts = this.fan(gathered)
    for (const each of this.seen) {
      const feature = this.features.get(each.vehicle.id)
      const styles = hidden.has(each.vehicle.id) ? [] : this.stylesOf(each, shifts.get(each.vehicle.id))
      if (feature && feature.get('shown') !== key(styles)) {
        feature.set('shown', key(styles), true)
        feature.setStyle(styles)
      }
    }
    this.showDepots(gathered)
  }

  /** Cars standing together in their depot are drawn as one count; those the page speaks of stay single. */
  private gather(): Map<string, SeenVehicle[]> {
    const byDepot = new Map<string, SeenVehicle[]>()
    for (const each of this.seen) {
      const { vehicle } = each
      const parked = (vehicle.activity === 'idle' || vehicle.activity === 'disabled') && each.fresh !== 'lost'
      if (!parked || vehicle.lon == null || this.isMarked(vehicle.id) || vehicle.alerts > 0) continue
      const list = byDepot.get(vehicle.depot) ?? []
      list.push(each)
      byDepot.set(vehicle.depot, list)
    }
    const gathered = new Map<string, SeenVehicle[]>()
    for (const [depot, list] of byDepot) {
      const near = together(list)
      if (near.length >= 3) gathered.set(depot, near)
    }
    return gathered
  }

  /** Cars in one depot that stay single would hide each other: they are drawn side by side above it. */
  private fan(gathered: Map<string, SeenVehicle[]>): Map<number, number> {
    const byDepot = new Map<string, number[]>()
    for (const { vehicle } of this.seen) {
      const neighbours = gathered.get(vehicle.depot)
      const parked = vehicle.activity === 'idle' || vehicle.activity === 'disabled'
      const single = this.isMarked(vehicle.id) || vehicle.alerts > 0
      if (!parked || !single || !neighbours || !isNear(vehicle, centre(neighbours))) continue
      byDepot.set(vehicle.depot, [...(byDepot.get(vehicle.depot) ?? []), vehicle.id])
    }
    const shifts = new Map<number, number>()
    for (const ids of byDepot.values()) {
      const rank = (id: number) => this.marked.candidates.get(id) ?? Infinity
      ids.sort((a, b) => rank(a) - rank(b) || a - b)
      ids.forEach((id, index) => shifts.set(id, (index - (ids.length - 1) / 2) * FAN_PX))
    }
    return shifts
  }

  private isMarked(id: number): boolean {
    return this.marked.candidates.has(id) || this.marked.selected === id
  }

  private showDepots(gathered: Map<string, SeenVehicle[]>) {
    for (const [depot, feature] of this.depots) {
      if (gathered.has(depot)) continue
      this.layer.getSource()?.removeFeature(feature)
      this.depots.delete(depot)
    }
    for (const [depot, list] of gathered) {
      const at = fromLonLat(centre(list))
      let feature = this.depots.get(depot)
      if (!feature) {
        feature = new Feature(new Point(at))
        this.depots.set(depot, feature)
        this.layer.getSource()?.addFeature(feature)
      }
      feature.getGeometry()!.setCoordinates(at)
      feature.setStyle(this.depotStyle(depot, list))
    }
  }

  private depotStyle(depot: string, list: SeenVehicle[]): Style[] {
    const idle = list.filter((each) => each.vehicle.activity === 'idle').length
    const pill = this.cached(`depot ${idle} ${list.length}`, () => {
      const markup = idle > 0 ? depotMarkup(idle, true, this.palette.paint) : depotMarkup(list.length, false, this.palette.paint)
      return new Style({ image: iconOf(markup), zIndex: 30 })
    })
    return [pill, this.text(depot, '--text', 0, 24, 'center')]
  }

  private stylesOf(each: SeenVehicle, fanned?: number): Style[] {
    const { vehicle, fresh } = each
    const kind = symbolOf(vehicle.activity, fresh)
    const grey = fresh === 'late'
    const heading = turns(kind) ? Math.round((vehicle.heading_deg ?? 0) / 5) * 5 : 0
    const styles: Style[] = []
    const shift: [number, number] = fanned === undefined ? [0, 0] : [fanned, FAN_UP_PX]
    const rank = this.marked.candidates.get(vehicle.id)
    const order = vehicle.alerts > 0 ? 40 : rank ? 30 : turns(kind) ? 20 : 10
    if (rank) styles.push(this.candidate(rank, this.marked.chosen === vehicle.id, shift))
    styles.push(
      this.cached(`${kind} ${grey} ${heading} ${order} ${shift}`, () => {
        const image = iconOf(symbolMarkup(kind, this.palette.paint, grey), { rotation: heading, shift })
        return new Style({ image, zIndex: order })
      }),
    )
    if (vehicle.alerts > 0) styles.push(this.alert(shift))
    styles.push(...this.labels(each, rank !== undefined, shift))
    return styles
  }

  private labels({ vehicle, fresh, ageS }: SeenVehicle, candidate: boolean, shift: [number, number]): Style[] {
    if (fresh !== 'live' && vehicle.activity !== 'disabled' && ageS !== null) {
      return [this.text(ago(ageS), '--st-off-text', 13, 0, 'left', 400)]
    }
    const named = candidate || vehicle.alerts > 0 || this.marked.selected === vehicle.id
    if (!named) return []
    const plate = shortPlate(vehicle.plate)
    return shift[1] ? [this.text(plate, '--text', shift[0], -shift[1] - 22, 'center')] : [this.text(plate, '--text', -16, 0, 'right')]
  }

  private candidate(rank: number, chosen: boolean, shift: [number, number]): Style {
    return this.cached(`candidate ${rank} ${chosen} ${shift}`, () => {
      const image = iconOf(candidateMarkup(rank, chosen, this.palette.paint), { shift })
      return new Style({ image, zIndex: 35 })
    })
  }

  private alert(shift: [number, number]): Style {
    return this.cached(`alert ${shift}`, () => {
      const image = iconOf(`<g transform="translate(9,-9)">${alertMarkup(this.palette.paint)}</g>`, { shift })
      return new Style({ image, zIndex: 60 })
    })
  }

  private text(text: string, colour: string, x: number, y: number, align: CanvasTextAlign, weight = 600): Style {
    const { paint } = this.palette
    return this.cached(`text ${text} ${colour} ${x} ${y}`, () => {
      const drawn = new Text({
        text,
        font: FONT.replace('600', String(weight)),
        offsetX: x,
        offsetY: y,
        textAlign: align,
        fill: new Fill({ color: paint(colour) }),
        stroke: new Stroke({ color: paint('--map-halo'), width: 3.5 }),
        overflow: true,
      })
      return new Style({ text: drawn, zIndex: 55 })
    })
  }

  private cached(id: string, make: () => Style): Style {
    let style = this.styles.get(id)
    if (!style) {
      style = make()
      this.styles.set(id, style)
      if (this.styles.size > 4000) this.styles.clear() // ages make endless labels
    }
    return style
  }
}

const serial = new WeakMap<Style, number>()
let serials = 0

/** Names a list of cached styles, so that a feature is restyled only when its look changes. */
function key(styles: Style[]): string {
  return styles
    .map((style) => {
      if (!serial.has(style)) serial.set(style, ++serials)
      return serial.get(style)
    })
    .join(' ')
}

function centre(list: SeenVehicle[]): [number, number] {
  const mid = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
  return [mid(list.map((each) => each.vehicle.lon!)), mid(list.map((each) => each.vehicle.lat!))]
}

function together(list: SeenVehicle[]): SeenVehicle[] {
  const middle = centre(list)
  return list.filter((each) => isNear(each.vehicle, middle))
}

function isNear(vehicle: LiveVehicle, [lon, lat]: [number, number]): boolean {
  if (vehicle.lon == null || vehicle.lat == null) return false
  return metresBetween({ lon, lat }, { lon: vehicle.lon, lat: vehicle.lat }) < YARD_M
}
