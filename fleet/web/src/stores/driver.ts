import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get, post } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Run, StepAction } from '@/api/types'
import { IndexedDbTaps } from '@/driver/indexedDb'
import { keepShell } from '@/driver/offline'
import { Outbox, type Tap } from '@/driver/outbox'
import { advance } from '@/driver/walk'
import { debounced } from '@/stores/debounced'
import { useLive } from '@/stores/live'
import { useClock } from '@/time/clock'

type Extra = { lon?: number | null; lat?: number | null; odometerKm?: number | null; note?: string }

const KEPT_RUNS = 'motorpool.runs'
const FLUSH_MS = 15_000

/** Today's runs of the signed-in driver, with the taps that the office has not answered yet already applied. */
export const useDriver = defineStore('driver', () => {
  const clock = useClock()
  const live = useLive()
  const told = ref<Run[]>(kept())
  const taps = ref<Tap[]>([])
  const loaded = ref(false)
  const problem = ref<unknown>(null)
  const reachable = ref(navigator.onLine)
  const offlineSince = ref<number | null>(navigator.onLine ? null : Date.now())
  const outbox = new Outbox(new IndexedDbTaps(), send, () => crypto.randomUUID())

  const waiting = computed(() => taps.value.filter((tap) => tap.refused === null))
  const refused = computed(() => taps.value.filter((tap) => tap.refused !== null))
  const runs = computed(() => told.value.map(withTaps).filter((run) => run.status !== 'cancelled'))
  const open = computed(() => runs.value.filter((run) => run.status !== 'returned').sort(byTurn))
  const done = computed(() => runs.value.filter((run) => run.status === 'returned'))

  function withTaps(run: Run): Run {
    return waiting.value
      .filter((tap) => tap.runId === run.id)
      .reduce((each, tap) => advance(each, tap.action, tap.occurredAt), run)
  }

  async function send(tap: Tap): Promise<Run> {
    return post(
      '/api/v1/runs/{run_id}/steps',
      {
        idempotency_key: tap.key,
        action: tap.action,
        stop_id: tap.stopId,
        occurred_at: tap.occurredAt,
        lon: tap.lon,
        lat: tap.lat,
        odometer_km: tap.odometerKm,
        note: tap.note,
      },
      { path: { run_id: tap.runId } },
    )
  }

  async function tap(run: Run, action: StepAction, extra: Extra = {}) {
    await outbox.add({
      runId: run.id,
      runVersion: run.version,
      action,
      stopId: run.next_step?.stop_id ?? null,
      occurredAt: new Date(clock.read()).toISOString(),
      lon: extra.lon ?? null,
      lat: extra.lat ?? null,
      odometerKm: extra.odometerKm ?? null,
      note: extra.note ?? '',
    })
    taps.value = await outbox.taps()
    void flush()
  }

  async function flush() {
    const { runs: answered, left, reached } = await outbox.flush()
    for (const run of answered) take(run)
    const lost = left.length < taps.value.length || left.some((each) => each.refused !== null)
    taps.value = left
    if (answered.length > 0 || !reached) seen(reached)
    if (lost && left.some((each) => each.refused !== null)) void load()
  }

  function take(run: Run) {
    told.value = told.value.map((each) => (each.id === run.id ? run : each))
    keep()
  }

  async function load() {
    try {
      told.value = await get('/api/v1/my/runs')
      keep()
      problem.value = null
      seen(true)
    } catch (cause) {
      if (cause instanceof Problem && cause.unreachable) seen(false)
      else problem.value = cause
    } finally {
      loaded.value = true
    }
  }

  function seen(reached: boolean) {
    reachable.value = reached
    offlineSince.value = reached ? null : (offlineSince.value ?? Date.now())
  }

  async function dismiss(seq: number) {
    await outbox.dismiss(seq)
    taps.value = await outbox.taps()
  }

  function keep() {
    localStorage.setItem(KEPT_RUNS, JSON.stringify(told.value))
  }

  /** Keep in touch with the office while a driver's page is open. */
  function start(): () => void {
    keepShell()
    const refresh = debounced(load, 200)
    const again = () => void flush().then(load)
    const shown = () => document.visibilityState === 'visible' && again()
    const gone = () => seen(false)
    window.addEventListener('online', again)
    window.addEventListener('offline', gone)
    document.addEventListener('visibilitychange', shown)
    const timer = setInterval(() => void flush().then(() => (reachable.value ? undefined : load())), FLUSH_MS)
    const stops = [live.join(), live.onChange(({ topic }) => topic === 'run' && refresh())]
    void outbox.taps().then((found) => (taps.value = found)).then(again)
    return () => {
      window.removeEventListener('online', again)
      window.removeEventListener('offline', gone)
      document.removeEventListener('visibilitychange', shown)
      clearInterval(timer)
      stops.forEach((stop) => stop())
    }
  }

  return { runs, open, done, taps, waiting, refused, loaded, problem, reachable, offlineSince, tap, load, flush, dismiss, start }
})

/** Under way first, then what must be accepted, then by time. */
function byTurn(a: Run, b: Run): number {
  const order = (run: Run) => (run.status === 'under_way' ? 0 : run.status === 'dispatched' ? 1 : 2)
  return order(a) - order(b) || a.planned_start.localeCompare(b.planned_start)
}

function kept(): Run[] {
  const stored = localStorage.getItem(KEPT_RUNS)
  return stored ? (JSON.parse(stored) as Run[]) : []
}
