import { beforeEach, describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import type { Run } from '@/api/types'
import { Outbox, type NewTap, type Tap, type TapStore } from '@/driver/outbox'

class MemoryTaps implements TapStore {
  private readonly taps = new Map<number, Tap>()
  private last = 0

  async all() {
    return [...this.taps.values()]
  }
  async add(tap: Omit<Tap, 'seq'>) {
    const stored = { ...tap, seq: ++this.last }
    this.taps.set(stored.seq, stored)
    return stored
  }
  async put(tap: Tap) {
    this.taps.set(tap.seq, tap)
  }
  async remove(seq: number) {
    this.taps.delete(seq)
  }
}

const tap = (runId: number, action: Tap['action']): NewTap => ({
  runId, runVersion: 1, action, stopId: null, occurredAt: '2026-03-11T02:00:00Z', lon: null, lat: null,
  odometerKm: null, note: '',
}) // prettier-ignore
const offline = new Problem(0, 'unreachable', 'no network')
const refusal = new Problem(409, 'conflict', 'the run was given to somebody else')

describe('outbox', () => {
  let store: MemoryTaps
  let sent: string[]
  let fail: Problem | null
  let outbox: Outbox

  beforeEach(() => {
    store = new MemoryTaps()
    sent = []
    fail = null
    let key = 0
    const send = async (each: Tap) => {
      if (fail) throw fail
      sent.push(`${each.runId} ${each.action} ${each.key}`)
      return { id: each.runId } as Run
    }
    outbox = new Outbox(store, send, () => `key${++key}`)
  })

  it('sends taps in order, each with its own key, and keeps none that was taken', async () => {
    await outbox.add(tap(1, 'accept'))
    await outbox.add(tap(1, 'depart'))
    const { runs, left } = await outbox.flush()
    expect(sent).toEqual(['1 accept key1', '1 depart key2'])
    expect(runs).toHaveLength(2)
    expect(left).toEqual([])
  })

  it('keeps everything while the office cannot be reached, and sends it once afterwards', async () => {
    await outbox.add(tap(1, 'accept'))
    fail = offline
    expect((await outbox.flush()).reached).toBe(false)
    fail = null
    await outbox.flush()
    await outbox.flush()
    expect(sent).toEqual(['1 accept key1'])
  })

  it('shows a refused tap and those that rest on it, and still sends those of other runs', async () => {
    await outbox.add(tap(1, 'depart'))
    await outbox.add(tap(1, 'arrive'))
    fail = refusal
    const { left } = await outbox.flush()
    expect(left.map((each) => each.refused)).toEqual([refusal.detail, refusal.detail])
    fail = null
    await outbox.add(tap(2, 'accept'))
    await outbox.flush()
    expect(sent).toEqual(['2 accept key3'])
    await outbox.dismiss(left[0].seq)
    expect(await outbox.taps()).toHaveLength(1)
  })

  it('never sends twice at once', async () => {
    await outbox.add(tap(1, 'accept'))
    await Promise.all([outbox.flush(), outbox.flush()])
    expect(sent).toHaveLength(1)
  })
})
