/** What a page lays over the base map, as data: lines with a look, pins, labels. */
export type LineLook =
  | 'empty' // proposal: driving to the pick-up
  | 'proposal'
  | 'alternative'
  | 'confirmed'
  | 'ahead' // confirmed, beyond the next stop
  | 'corridor'
  | 'approved'
  | 'driven'
  | 'over' // over the limit
  | 'overGlow'
  | 'gap' // no signal

export type DrawnLine = { look: LineLook; path: [number, number][] }

export type DrawnPin = {
  kind: 'pickup' | 'dropoff' | 'pooled' | 'end' | 'stop' | 'crit'
  lon: number
  lat: number
  letter?: string
  label?: string
  side?: 'left' | 'right' | 'top'
}

export type Drawing = { lines: DrawnLine[]; pins: DrawnPin[] }

export const NOTHING: Drawing = { lines: [], pins: [] }

/** Where a shared time cursor stands on the map. */
export type Head = { lon: number; lat: number; heading: number; text: string; over: boolean }
