import { describe, expect, it } from 'vitest'
import { ageSeconds, freshness, group } from '@/live/freshness'

const NOW = Date.parse('2026-03-11T01:42:00Z')
const seen = (secondsAgo: number, expected_interval_s = 10) => ({
  time: new Date(NOW - secondsAgo * 1000).toISOString(),
  expected_interval_s,
})

describe('freshness', () => {
  it('is judged against the interval expected of the terminal', () => {
    expect(freshness(seen(200), NOW)).toBe('lost')
    expect(freshness(seen(200, 300), NOW)).toBe('live')
  })

  it('turns late after 30 s and lost after 180 s beyond the interval', () => {
    expect(freshness(seen(40), NOW)).toBe('live')
    expect(freshness(seen(41), NOW)).toBe('late')
    expect(freshness(seen(190), NOW)).toBe('late')
    expect(freshness(seen(191), NOW)).toBe('lost')
  })

  it('forgives transmission time in proportion to the rate of a simulated clock', () => {
    expect(freshness(seen(60), NOW, 60)).toBe('live')
  })

  it('counts a vehicle that was never heard as lost', () => {
    const never = { time: null, expected_interval_s: 10 }
    expect(ageSeconds(never, NOW)).toBeNull()
    expect(freshness(never, NOW)).toBe('lost')
  })

  it('puts every vehicle into exactly one group', () => {
    expect(group('disabled', 'lost')).toBe('disabled')
    expect(group('idle', 'lost')).toBe('lost')
    expect(group('idle', 'late')).toBe('idle')
    expect(group('moving', 'live')).toBe('on_task')
  })
})
