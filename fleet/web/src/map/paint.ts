import Icon from 'ol/style/Icon'
import { token } from '@/theme/theme'
import type { Paint } from '@/map/symbols'

const SHARP = 2 // drawn at twice the size, so that dense screens stay crisp

/** Token values for the canvas, read once per theme. */
export class Palette {
  private readonly values = new Map<string, string>()

  readonly paint: Paint = (name) => {
    let value = this.values.get(name)
    if (value === undefined) {
      value = token(name)
      this.values.set(name, value)
    }
    return value
  }
}

type IconOptions = { size?: number; rotation?: number; anchorBottom?: boolean; scale?: number; shift?: [number, number] }

/** Symbol markup as an OpenLayers icon. `size` is the side of the drawing's box in pixels, centre at (0,0). */
export function iconOf(markup: string, { size = 48, rotation = 0, anchorBottom, scale = 1, shift = [0, 0] }: IconOptions = {}): Icon {
  const half = size / 2
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size * SHARP}" height="${size * SHARP}" ` +
    `viewBox="${-half} ${anchorBottom ? -size : -half} ${size} ${size}">${markup}</svg>`
  return new Icon({
    src: `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`,
    scale: scale / SHARP,
    rotation: (rotation * Math.PI) / 180,
    rotateWithView: false,
    declutterMode: 'none',
    displacement: shift,
    anchor: anchorBottom ? [0.5, 1] : [0.5, 0.5],
  })
}
