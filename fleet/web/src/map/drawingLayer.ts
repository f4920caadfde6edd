import type OlMap from 'ol/Map'
import Feature from 'ol/Feature'
import { createEmpty, extend, isEmpty, type Extent } from 'ol/extent'
import LineString from 'ol/geom/LineString'
import Point from 'ol/geom/Point'
import VectorLayer from 'ol/layer/Vector'
import { fromLonLat } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import CircleStyle from 'ol/style/Circle'
import Fill from 'ol/style/Fill'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { DrawnPin, Drawing, Head, LineLook } from '@/map/drawing'
import { iconOf, Palette } from '@/map/paint'
import { pinMarkup, stopMarkup, symbolMarkup } from '@/map/symbols'

type Look = { token: string; width: number; dash?: number[]; halo?: number; order: number; opacity?: number }

const LOOKS: Record<LineLook, Look> = {
  corridor: { token: '--map-corridor', width: 20, order: 1 },
  approved: { token: '--st-task', width: 2, dash: [7, 5], order: 2 },
  alternative: { token: '--st-off', width: 2, dash: [2, 5], order: 3 },
  empty: { token: '--st-plan', width: 3.4, dash: [2, 6], halo: 6.4, order: 4 },
  proposal: { token: '--st-plan', width: 4, dash: [10, 5], halo: 7, order: 5 },
  ahead: { token: '--st-off', width: 5, dash: [2, 8], halo: 8, order: 6 },
  confirmed: { token: '--st-task', width: 6, halo: 9, order: 7 },
  overGlow: { token: '--st-crit', width: 10, order: 8, opacity: 0.35 },
  driven: { token: '--text', width: 3, halo: 5.5, order: 9 },
  over: { token: '--st-crit', width: 3.6, halo: 6, order: 10 },
  gap: { token: '--st-off', width: 3, dash: [1.5, 6], halo: 5.5, order: 11 },
}

const FONT = '600 12px/16px "Inter","PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif'

/** Routes, tracks and pins of the page, and the moving head of a replay. */
export class DrawingLayer {
  private readonly lines = new VectorLayer({ source: new VectorSource(), zIndex: 30 })
  private readonly pins = new VectorLayer({ source: new VectorSource(), zIndex: 60 })
  private readonly head = new Feature<Point>(new Point([0, 0]))
  private palette = new Palette()
  private drawing: Drawing = { lines: [], pins: [] }
  private at: Head | null = null

  constructor(map: OlMap) {
    map.addLayer(this.lines)
    map.addLayer(this.pins)
  }

  show(drawing: Drawing) {
    this.drawing = drawing
    const lines = drawing.lines.filter((line) => line.path.length > 1)
    this.lines.getSource()?.clear(true)
    this.lines.getSource()?.addFeatures(lines.map((line) => this.line(line.look, line.path)))
    this.pins.getSource()?.clear(true)
    this.pins.getSource()?.addFeatures(drawing.pins.map((pin) => this.pin(pin)))
    if (this.at) this.pins.getSource()?.addFeature(this.head)
  }

  showHead(head: Head | null) {
    const source = this.pins.getSource()
    if (head && !this.at) source?.addFeature(this.head)
    if (!head && this.at) source?.removeFeature(this.head)
    this.at = head
    if (!head) return
    this.head.getGeometry()!.setCoordinates(fromLonLat([head.lon, head.lat]))
    this.head.setStyle(this.headStyle(head))
  }

  repaint() {
    this.palette = new Palette()
    this.show(this.drawing)
    this.showHead(this.at)
  }

  /** Extent of everything drawn, null when nothing is. */
  extent(): Extent | null {
    const whole = createEmpty()
    for (const layer of [this.lines, this.pins]) {
      const each = layer.getSource()?.getExtent()
      if (each && !isEmpty(each)) extend(whole, each)
    }
    return isEmpty(whole) ? null : whole
  }

  private line(name: LineLook, path: [number, number][]): Feature {
    const look = LOOKS[name]
    const feature = new Feature(new LineString(path.map((at) => fromLonLat(at))))
    const stroke = new Stroke({
      color: look.opacity ? fade(this.palette.paint(look.token), look.opacity) : this.palette.paint(look.token),
      width: look.width,
      lineDash: look.dash,
      lineCap: look.dash && look.dash[0] > 6 ? 'butt' : 'round',
      lineJoin: 'round',
    })
    const styles = [new Style({ stroke, zIndex: 20 + look.order })]
    if (look.halo) {
      const halo = new Stroke({ color: this.palette.paint('--map-halo'), width: look.halo })
      styles.unshift(new Style({ stroke: halo, zIndex: look.order }))
    }
    feature.setStyle(styles)
    return feature
  }

  private pin(pin: DrawnPin): Feature {
    const feature = new Feature(new Point(fromLonLat([pin.lon, pin.lat])))
    const styles = [new Style({ image: this.pinImage(pin), zIndex: pin.kind === 'pooled' ? 1 : 2 })]
    if (pin.label) styles.push(this.pinLabel(pin))
    feature.setStyle(styles)
    return feature
  }

  private pinImage({ kind, letter = '' }: DrawnPin) {
    const { paint } = this.palette
    if (kind === 'pickup') return iconOf(pinMarkup(letter, false, paint), { size: 56, anchorBottom: true })
    if (kind === 'dropoff') return iconOf(pinMarkup(letter, true, paint), { size: 56, anchorBottom: true })
    if (kind === 'stop') return iconOf(stopMarkup(letter, '--st-task', paint))
    if (kind === 'crit') return iconOf(stopMarkup(letter, '--st-crit', paint))
    const ring = kind === 'end' ? '--text' : '--st-plan'
    return new CircleStyle({
      radius: 6.5,
      declutterMode: 'none',
      fill: new Fill({ color: paint('--surface') }),
      stroke: new Stroke({ color: paint(ring), width: kind === 'end' ? 3 : 2 }),
    })
  }

  private pinLabel({ kind, label, side = 'left' }: DrawnPin): Style {
    const { paint } = this.palette
    const drop = kind === 'pickup' || kind === 'dropoff'
    const text = new Text({
      text: label,
      font: FONT,
      textAlign: side === 'top' ? 'center' : side === 'left' ? 'right' : 'left',
      offsetX: side === 'top' ? 0 : side === 'left' ? -14 : 14,
      offsetY: side === 'top' ? (drop ? -38 : -18) : drop ? -16 : 0,
      fill: new Fill({ color: paint(kind === 'pooled' ? '--st-plan-text' : '--text') }),
      stroke: new Stroke({ color: paint('--map-halo'), width: 3.5 }),
      overflow: true,
    })
    return new Style({ text, zIndex: 3 })
  }

  private glow(): Style {
    const fill = new Fill({ color: fade(this.palette.paint('--st-task'), 0.14) })
    return new Style({ image: new CircleStyle({ radius: 22, declutterMode: 'none', fill }), zIndex: 89 })
  }

  private headStyle(head: Head): Style[] {
    const { paint } = this.palette
    const image = iconOf(symbolMarkup('loaded', paint), { rotation: head.heading, scale: 1.25 })
    const text = new Text({
      text: head.text,
      font: FONT,
      textAlign: 'left',
      offsetX: 20,
      padding: [6, 9, 5, 9],
      backgroundFill: new Fill({ color: paint('--float') }),
      backgroundStroke: new Stroke({ color: paint('--line-2'), width: 1 }),
      fill: new Fill({ color: paint(head.over ? '--st-crit-text' : '--text-2') }),
      overflow: true,
    })
    const arrow = new Style({ image, zIndex: 90 })
    return head.text ? [arrow, new Style({ text, zIndex: 91 })] : [this.glow(), arrow]
  }
}

function fade(colour: string, opacity: number): string {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
  return `rgba(${r},${g},${b},${opacity})`
}
