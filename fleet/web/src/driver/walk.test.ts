import { describe, expect, it } from 'vitest'
import type { Run, RunStop } from '@/api/types'
import { advance } from '@/driver/walk'

const AT = '2026-03-11T02:00:00Z'

function stop(id: number, kind: RunStop['kind'], lon: number): RunStop {
  return {
    id, kind, request_id: 1, request_number: 'YC-0311-0001', contact_name: null, contact_phone: null, passengers: 1,
    name: `stop ${id}`, lon, lat: 36.6, planned_arrival: AT, planned_departure: AT, latest_arrival: AT,
    arrived_at: null, departed_at: null,
  } // prettier-ignore
}

function run(...stops: RunStop[]): Run {
  return {
    id: 1, number: 'PC-0311-0001', status: 'dispatched', vehicle_id: 1, plate: '示A·D10273', energy: 'electric',
    driver_id: 1, driver: '张师傅', planned_start: AT, planned_end: AT, accept_by: AT, locked: false, stops,
    next_step: { action: 'accept', stop_id: null }, version: 1, late_s: 0, conflict: false,
  } as Run // prettier-ignore
}

function walk(start: Run): string[] {
  const taken: string[] = []
  for (let each = start; each.next_step; each = advance(each, each.next_step.action, AT)) {
    taken.push(each.next_step.action)
  }
  return taken
}

describe('the walk of a run', () => {
  it('leads from accept to return, one step after the other', () => {
    const one = run(stop(1, 'pickup', 117.9), stop(2, 'dropoff', 117.95), stop(3, 'return', 117.9))
    expect(walk(one)).toEqual(['accept', 'depart', 'arrive', 'board', 'arrive', 'alight', 'return'])
  })

  it('does not arrive twice at one door', () => {
    const roundTrip = run(
      stop(1, 'pickup', 117.9),
      stop(2, 'dropoff', 117.95),
      stop(3, 'pickup', 117.95),
      stop(4, 'dropoff', 117.9),
      stop(5, 'return', 117.9),
    )
    expect(walk(roundTrip)).toEqual([
      'accept', 'depart', 'arrive', 'board', 'arrive', 'alight', 'board', 'arrive', 'alight', 'return',
    ]) // prettier-ignore
  })

  it('ends when the driver declines', () => {
    expect(advance(run(stop(1, 'pickup', 117.9)), 'decline', AT).status).toBe('cancelled')
  })

  it('ignores a tap that is not due', () => {
    const fresh = run(stop(1, 'pickup', 117.9))
    expect(advance(fresh, 'board', AT)).toBe(fresh)
  })
})
