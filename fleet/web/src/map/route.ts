/** Distances, and cutting a route where it passes a stop. Pure. */
type Place = { lon: number; lat: number }
export type Path = [number, number][]

/** Index of the point of `route`, from `from` on, that is nearest to a place. */
export function nearestIndex(route: Path, place: Place, from = 0): number {
  let best = from
  for (let at = from; at < route.length; at += 1) {
    if (squared(route[at], place) < squared(route[best], place)) best = at
  }
  return best
}

function squared([lon, lat]: [number, number], place: Place): number {
  return (lon - place.lon) ** 2 + (lat - place.lat) ** 2
}

/** Metres between two places, exact enough within a city. */
export function metresBetween(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const east = (b.lon - a.lon) * 111_320 * Math.cos((a.lat * Math.PI) / 180)
  return Math.hypot(east, (b.lat - a.lat) * 110_970)
}
