/**
 * Taps of the driver on their way to the office. Each is stored before anything else happens, sent in order,
 * and leaves only when the office has taken it, or when the driver has read why it was refused.
 */
import { Problem } from '@/api/problem'
import type { Run, StepAction } from '@/api/types'

export type Tap = {
  seq: number
  key: string // idempotency key: sent twice, counted once
  runId: number
  runVersion: number
  action: StepAction
  stopId: number | null
  occurredAt: string // when it was tapped, not when it is sent
  lon: number | null
  lat: number | null
  odometerKm: number | null
  note: string
  refused: string | null // why the office did not take it; shown until dismissed
}

export type NewTap = Omit<Tap, 'seq' | 'key' | 'refused'>

/** Where taps survive a reload. */
export interface TapStore {
  all(): Promise<Tap[]>
  add(tap: Omit<Tap, 'seq'>): Promise<Tap>
  put(tap: Tap): Promise<void>
  remove(seq: number): Promise<void>
}

export type Send = (tap: Tap) => Promise<Run>
export type Flushed = { runs: Run[]; left: Tap[]; reached: boolean }

export class Outbox {
  private flushing: Promise<Flushed> | null = null

  constructor(
    private readonly store: TapStore,
    private readonly send: Send,
    private readonly newKey: () => string,
  ) {}

  async add(tap: NewTap): Promise<Tap> {
    return this.store.add({ ...tap, key: this.newKey(), refused: null })
  }

  async taps(): Promise<Tap[]> {
    return (await this.store.all()).sort((a, b) => a.seq - b.seq)
  }

  async dismiss(seq: number): Promise<void> {
    await this.store.remove(seq)
  }

  /** Send what waits, oldest first, until all is gone or the office cannot be reached. Never runs twice at once. */
  flush(): Promise<Flushed> {
    this.flushing ??= this.drain().finally(() => (this.flushing = null))
    return this.flushing
  }

  private async drain(): Promise<Flushed> {
    const runs: Run[] = []
    let reached = true
    for (let next = await this.first(); next && reached; next = await this.first()) {
      try {
        runs.push(await this.send(next))
        await this.store.remove(next.seq)
      } catch (cause) {
        if (!isRefusal(cause)) reached = false
        else await this.refuse(next, cause.detail)
      }
    }
    return { runs, left: await this.taps(), reached }
  }

  private async first(): Promise<Tap | undefined> {
    return (await this.taps()).find((tap) => tap.refused === null)
  }

  /** Later taps of the same run rest on this one, so they fall with it. */
  private async refuse(tap: Tap, detail: string): Promise<void> {
    for (const each of await this.taps()) {
      const falls = each.runId === tap.runId && each.seq >= tap.seq && each.refused === null
      if (falls) await this.store.put({ ...each, refused: detail })
    }
  }
}

/** The office understood and said no. No network, an expired session or a failing office are worth another try. */
function isRefusal(cause: unknown): cause is Problem {
  return cause instanceof Problem && [400, 403, 404, 409, 410, 422].includes(cause.status)
}
