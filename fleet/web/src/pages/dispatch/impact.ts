/** What a proposal changes in the day of each car it touches, as bars on one time axis. Pure. */
import type { Proposal, Run, RunStop } from '@/api/types'

export type Bar = {
  kind: 'run' | 'proposal'
  from: number
  loadedFrom: number // before it the car drives empty
  until: number
  label: string
  locked: boolean
  requests: number
  pooled: boolean // people of different requests sit in the car together
}

export type Gap = { from: number; until: number; minutes: number }
export type Lane = { plate: string; driver: string; bars: Bar[]; gaps: Gap[] }

const SHOWN_GAP_MIN = 60

export function lanes(proposals: Proposal[], chosen: Proposal, runsOf: (vehicleId: number) => Run[]): Lane[] {
  const first = [chosen, ...proposals.filter((each) => each.id !== chosen.id)]
  return first.slice(0, 3).map((proposal) => lane(proposal, proposal.id === chosen.id, runsOf(proposal.vehicle_id)))
}

function lane(proposal: Proposal, isChosen: boolean, runs: Run[]): Lane {
  const kept = runs.filter((run) => run.status !== 'returned' && !(isChosen && run.id === proposal.joins_run_id))
  const bars = kept.map(runBar)
  if (isChosen) bars.push(proposalBar(proposal))
  bars.sort((a, b) => a.from - b.from)
  return { plate: proposal.plate, driver: proposal.driver, bars, gaps: gaps(bars) }
}

function runBar(run: Run): Bar {
  const pickup = run.stops.find((stop) => stop.kind === 'pickup')
  return {
    kind: 'run',
    from: Date.parse(run.planned_start),
    loadedFrom: Date.parse(pickup?.planned_arrival ?? run.planned_start),
    until: Date.parse(run.planned_end),
    label: destination(run.stops),
    locked: run.locked,
    requests: new Set(run.stops.map((stop) => stop.request_id).filter(Boolean)).size,
    pooled: false,
  }
}

function proposalBar({ plan, pooled_with, same_run }: Proposal): Bar {
  return {
    kind: 'proposal',
    from: Date.parse(plan.starts_at),
    loadedFrom: Date.parse(plan.stops[0]?.arrival ?? plan.starts_at),
    until: Date.parse(plan.ends_at),
    label: '',
    locked: false,
    requests: 1 + pooled_with.length + (same_run?.length ?? 0),
    pooled: pooled_with.length > 0,
  }
}

function destination(stops: RunStop[]): string {
  return [...stops].reverse().find((stop) => stop.kind === 'dropoff')?.name ?? ''
}

/** Only gaps below an hour matter; a negative one is a conflict. */
function gaps(bars: Bar[]): Gap[] {
  const found: Gap[] = []
  for (let at = 1; at < bars.length; at += 1) {
    const { until } = bars[at - 1]
    const minutes = Math.round((bars[at].from - until) / 60_000)
    if (minutes < SHOWN_GAP_MIN) found.push({ from: until, until: bars[at].from, minutes })
  }
  return found
}
