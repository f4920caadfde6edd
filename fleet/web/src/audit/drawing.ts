import type { Track, Violation } from '@/api/types'
import type { Trace } from '@/audit/track'
import type { DrawnLine, DrawnPin, Drawing } from '@/map/drawing'

type Words = { start: string; end: string; stay: (seconds: number) => string; violation: (violation: Violation) => string }

/** The approved route under what was driven; over the limit in red, silence dotted. */
export function trackDrawing(track: Track, trace: Trace, violations: Violation[], words: Words): Drawing {
  const planned = track.planned as [number, number][]
  const lines: DrawnLine[] = []
  if (planned.length > 1) lines.push({ look: 'corridor', path: planned }, { look: 'approved', path: planned })
  for (const { kind, path } of trace.stretches()) {
    if (kind === 'over') lines.push({ look: 'overGlow', path })
    lines.push({ look: kind, path })
  }
  // What began after the drive, such as a car parked in the wrong place, is a spot of its own.
  const after = violations.filter((violation) => Date.parse(violation.started_at) >= trace.end)
  return { lines, pins: [...pins(trace, words), ...spotDrawing(after, words).pins] }
}

function pins(trace: Trace, words: Words): DrawnPin[] {
  const first = trace.moments[0]?.point
  const last = trace.moments[trace.moments.length - 1]?.point
  if (!first || !last) return []
  const stays = trace.stays().map((stay, index): DrawnPin => ({
    kind: 'stop',
    lon: stay.lon,
    lat: stay.lat,
    letter: String(index + 1),
    label: words.stay((stay.until - stay.from) / 1000),
    side: 'top',
  }))
  return [
    { kind: 'end', lon: first.lon, lat: first.lat, label: words.start, side: 'right' },
    { kind: 'end', lon: last.lon, lat: last.lat, label: words.end, side: 'left' },
    ...stays,
  ]
}

/** A finding without a trip, such as a car parked in the wrong place: where it was. */
export function spotDrawing(violations: Violation[], words: Words): Drawing {
  const found = violations.map((violation): DrawnPin => ({
    kind: 'crit',
    lon: violation.lon,
    lat: violation.lat,
    letter: '!',
    label: words.violation(violation),
    side: 'right',
  }))
  return { lines: [], pins: found }
}
