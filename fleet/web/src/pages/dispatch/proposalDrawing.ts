import type { Proposal, ProposedStop, RequestSummary } from '@/api/types'
import type { DrawnLine, DrawnPin, Drawing } from '@/map/drawing'
import { nearestIndex, type Path } from '@/map/route'

type Words = Record<'pickup' | 'pooled' | 'sameRun', (time: string) => string>
type Place = { lon: number; lat: number }

/** The chosen proposal on the map: dotted to the first pick-up, dashed with people on board, pins A and B. */
export function proposalDrawing(request: RequestSummary, proposals: Proposal[], chosen: Proposal, words: Words): Drawing {
  const lines: DrawnLine[] = proposals
    .filter((proposal) => proposal.id !== chosen.id)
    .map((proposal) => ({ look: 'alternative', path: toPickup(proposal)[0] }))
  const [empty, loaded] = toPickup(chosen)
  lines.push({ look: 'empty', path: empty }, { look: 'proposal', path: loaded })
  return { lines, pins: [...pins(request, chosen, words)] }
}

/** A request without a proposal: where from and where to, no road claimed. */
export function requestDrawing(request: RequestSummary, label: string): Drawing {
  return { lines: [], pins: [pickupPin(request, label), dropoffPin(request)] }
}

function* pins(request: RequestSummary, chosen: Proposal, words: Words): Generator<DrawnPin> {
  for (const stop of others(request, chosen)) {
    const rides = chosen.pooled_with.includes(stop.request_number ?? '')
    const label = words[rides ? 'pooled' : 'sameRun'](stop.arrival)
    yield { kind: 'pooled', lon: stop.lon, lat: stop.lat, label, side: 'top' }
  }
  yield pickupPin(request, words.pickup(request.pickup_from))
  yield dropoffPin(request)
}

function pickupPin({ origin }: RequestSummary, label: string): DrawnPin {
  return { kind: 'pickup', lon: origin.lon, lat: origin.lat, letter: 'A', label, side: 'left' }
}

function dropoffPin({ destination }: RequestSummary): DrawnPin {
  const { lon, lat, name } = destination
  return { kind: 'dropoff', lon, lat, letter: 'B', label: name, side: 'top' }
}

/** Stops of the other requests of the run, except those at the very places of ours. */
function others(request: RequestSummary, { plan }: Proposal): ProposedStop[] {
  return plan.stops.filter(
    (stop) =>
      stop.request_id !== null &&
      stop.request_id !== request.id &&
      !same(stop, request.origin) &&
      !same(stop, request.destination),
  )
}

/** The route cut at the first stop and at the last one with people; the way back to the bay is not shown. */
function toPickup({ plan }: Proposal): [Path, Path] {
  const stops = plan.stops.filter((stop) => stop.kind !== 'return')
  const route = plan.route as Path
  if (route.length < 2 || stops.length === 0) {
    const points = stops.map((stop): [number, number] => [stop.lon, stop.lat])
    return [[[plan.start_lon, plan.start_lat], ...points.slice(0, 1)], points]
  }
  const first = nearestIndex(route, stops[0])
  const last = nearestIndex(route, stops[stops.length - 1], first)
  return [route.slice(0, first + 1), route.slice(first, last + 1)]
}

function same(a: Place, b: Place): boolean {
  return Math.abs(a.lon - b.lon) < 1e-5 && Math.abs(a.lat - b.lat) < 1e-5
}
