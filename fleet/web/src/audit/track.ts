/** A recorded trip as the auditor reads it: what was driven, over the limit, standing, or not seen. Pure. */
import type { Track, TrackPoint, Violation } from '@/api/types'

export type Moment = { at: number; point: TrackPoint }
export type Stretch = { kind: 'driven' | 'over' | 'gap'; from: number; until: number; path: [number, number][] }
export type Span = { from: number; until: number }
export type Stay = Span & { lon: number; lat: number }

export type Reading = {
  at: number
  lon: number
  lat: number
  heading: number
  speedKmh: number
  limitKmh: number | null
  road: string | null
  over: boolean
  receivedLateS: number
}

/** Trips one after the other, read as one. Between them the car stood, which is no loss of signal. */
export function joinTracks(tracks: Track[]): Track {
  const [first, ...rest] = [...tracks].sort((a, b) => a.trip.started_at.localeCompare(b.trip.started_at))
  if (rest.length === 0) return first
  return {
    trip: first.trip,
    points: [first, ...rest].flatMap((track) => track.points),
    planned: [first, ...rest].find((track) => track.planned.length > 1)?.planned ?? [],
  }
}

/** The fastest point within the first finding, where a look at the track begins. */
export function worstMoment(trace: Trace, violations: Violation[]): number | null {
  const first = violations[0]
  if (!first) return null
  const [from, until] = [Date.parse(first.started_at), Date.parse(first.ended_at)]
  const within = trace.moments.filter(({ at }) => at >= from && at <= until)
  const fastest = within.reduce<Moment | null>(
    (worst, each) => (worst && worst.point.speed_kmh >= each.point.speed_kmh ? worst : each),
    null,
  )
  return fastest?.at ?? null
}

const STANDING_KMH = 3
const SHORTEST_STAY_MS = 5 * 60_000
const RECEIVED_LATE_S = 5
const DEFAULT_TOLERANCE = 0.1

export class Trace {
  readonly moments: Moment[]
  private readonly tolerance: number

  /** Points of bad quality are evidence but no line: they are left out here. */
  constructor(track: Track, violations: Violation[]) {
    this.moments = track.points
      .filter((point) => point.quality === 'good' || point.quality === undefined)
      .map((point) => ({ at: Date.parse(point.time), point }))
    const share = violations.find((each) => each.rule_code === 'R05')?.thresholds?.over_share
    this.tolerance = typeof share === 'number' ? share : DEFAULT_TOLERANCE
  }

  get start(): number {
    return this.moments[0]?.at ?? 0
  }

  get end(): number {
    return this.moments[this.moments.length - 1]?.at ?? 0
  }

  isOver({ speed_kmh, limit_kmh }: TrackPoint): boolean {
    return limit_kmh != null && speed_kmh > limit_kmh * (1 + this.tolerance)
  }

  /** The line cut where its meaning changes; neighbouring stretches share a point. */
  stretches(): Stretch[] {
    const found: Stretch[] = []
    for (let at = 1; at < this.moments.length; at += 1) {
      const before = this.moments[at - 1]
      const here = this.moments[at]
      const kind = here.point.gap_before ? 'gap' : this.isOver(here.point) ? 'over' : 'driven'
      const last = found[found.length - 1]
      const end: [number, number] = [here.point.lon, here.point.lat]
      if (last && last.kind === kind && kind !== 'gap') {
        last.path.push(end)
        last.until = here.at
      } else {
        found.push({ kind, from: before.at, until: here.at, path: [[before.point.lon, before.point.lat], end] })
      }
    }
    return found
  }

  gaps(): Span[] {
    return this.stretches().filter((stretch) => stretch.kind === 'gap')
  }

  stays(): Stay[] {
    const found: Stay[] = []
    let first: Moment | null = null
    const close = (last: Moment) => {
      if (first && last.at - first.at >= SHORTEST_STAY_MS) {
        found.push({ from: first.at, until: last.at, lon: first.point.lon, lat: first.point.lat })
      }
      first = null
    }
    this.moments.forEach((moment, index) => {
      const standing = moment.point.speed_kmh < STANDING_KMH && !moment.point.gap_before
      if (standing) first ??= moment
      else if (index > 0) close(this.moments[index - 1])
    })
    if (this.moments.length) close(this.moments[this.moments.length - 1])
    return found
  }

  /** What the recorder said at a moment: the last point at or before it, its place carried towards the next. */
  read(at: number): Reading | null {
    if (this.moments.length === 0) return null
    const index = this.indexAt(at)
    const here = this.moments[index]
    const next = this.moments[index + 1]
    const moving = next && !next.point.gap_before && next.at > here.at
    const share = moving ? Math.min(1, Math.max(0, (at - here.at) / (next.at - here.at))) : 0
    const { point } = here
    return {
      at,
      lon: point.lon + (moving ? share * (next.point.lon - point.lon) : 0),
      lat: point.lat + (moving ? share * (next.point.lat - point.lat) : 0),
      heading: this.headingAt(index),
      speedKmh: point.speed_kmh,
      limitKmh: point.limit_kmh ?? null,
      road: point.road ?? null,
      over: this.isOver(point),
      receivedLateS: this.lateness(point),
    }
  }

  private lateness(point: TrackPoint): number {
    const seconds = (Date.parse(point.received_at) - Date.parse(point.time)) / 1000
    return seconds > RECEIVED_LATE_S ? seconds : 0
  }

  private headingAt(index: number): number {
    for (let at = Math.min(index, this.moments.length - 2); at >= 0; at -= 1) {
      const { point: a } = this.moments[at]
      const { point: b } = this.moments[at + 1]
      const east = (b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180)
      const north = b.lat - a.lat
      if (Math.abs(east) + Math.abs(north) > 1e-6) return (Math.atan2(east, north) * 180) / Math.PI
    }
    return 0
  }

  private indexAt(at: number): number {
    let low = 0
    let high = this.moments.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.moments[middle].at <= at) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Moments worth looking at, in order: what a rule found, over the limit, stays, and silence. */
  anomalies(violations: Violation[]): number[] {
    const found = [
      ...violations.map((violation) => Date.parse(violation.started_at)),
      ...this.stretches()
        .filter((stretch) => stretch.kind !== 'driven')
        .map((stretch) => stretch.from),
      ...this.stays().map((stay) => stay.from),
    ]
    return [...new Set(found.filter((at) => at >= this.start && at <= this.end))].sort((a, b) => a - b)
  }
}
