import { describe, expect, it } from 'vitest'
import type { Track, TrackPoint } from '@/api/types'
import { Trace } from '@/audit/track'

const START = Date.parse('2026-03-10T06:00:00Z')

function point(second: number, speed_kmh: number, changes: Partial<TrackPoint> = {}): TrackPoint {
  const time = new Date(START + second * 1000).toISOString()
  const lon = 117.9 + second * 1e-5
  return {
    time, received_at: time, lon, lat: 36.6, speed_kmh, limit_kmh: 60, road: '建设路', quality: 'good',
    backfilled: false, gap_before: false, ...changes,
  } // prettier-ignore
}

const trace = (...points: TrackPoint[]) => new Trace({ points, planned: [] } as unknown as Track, [])

describe('a recorded trip', () => {
  it('is cut where the limit is exceeded by more than the tolerance', () => {
    const kinds = trace(point(0, 50), point(10, 65), point(20, 78), point(30, 50)).stretches().map((each) => each.kind)
    expect(kinds).toEqual(['driven', 'over', 'driven'])
  })

  it('draws silence as a gap, never as a road', () => {
    const [before, gap] = trace(point(0, 50), point(10, 50), point(140, 50, { gap_before: true })).stretches()
    expect(before.kind).toBe('driven')
    expect(gap).toMatchObject({ kind: 'gap', from: START + 10_000, until: START + 140_000 })
  })

  it('leaves points of bad quality out of the line', () => {
    const jumped = trace(point(0, 50), point(10, 50, { lon: 120, quality: 'jump' }), point(20, 50))
    expect(jumped.moments).toHaveLength(2)
  })

  it('finds stays of five minutes and more', () => {
    const stays = trace(point(0, 40), point(10, 0), point(320, 0), point(330, 40)).stays()
    expect(stays).toMatchObject([{ from: START + 10_000, until: START + 320_000 }])
  })

  it('reads what the recorder said, and moves the head between two points', () => {
    const reading = trace(point(0, 50), point(10, 78), point(20, 50)).read(START + 15_000)
    expect(reading).toMatchObject({ speedKmh: 78, limitKmh: 60, over: true })
    expect(reading?.lon).toBeCloseTo(117.9 + 15e-5)
  })
})
