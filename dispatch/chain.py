"""A run taken apart for change: what is kept, where the car is then, and the visits that may be re-timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.book import Book
from dispatch.model import Vehicle
from dispatch.problem import Problem
from dispatch.runs import Onboard, Run, Stop, StopKind
from dispatch.schedule import Ride, earliest_starts
from dispatch.visits import FAR, Visit, promised, ride_limit, visits_of


@dataclass(frozen=True, slots=True)
class Chain:
    """A run, or the place for a new one, between `lo` and `hi`.

    The car is at `location` at `ready`; with `waits` it may leave later than that (it stands at its origin).
    `head` are fixed stops, kept as they are; `aboard` gives who is in the car then and when they got on.
    """

    run_id: str
    vehicle: Vehicle
    driver_id: str
    origin: int
    start: int
    head: tuple[Stop, ...]
    location: int
    ready: int
    waits: bool
    hi: int
    aboard: tuple[Onboard, ...]
    visits: tuple[Visit, ...]
    started: bool = False
    onboard: tuple[Onboard, ...] = ()


def new_chain(vehicle: Vehicle, driver_id: str, origin: int, lo: int, hi: int) -> Chain:
    """The place for a new run."""
    return Chain("", vehicle, driver_id, origin, lo, (), origin, lo, True, hi, (), ())


def open_chain(book: Book, run: Run, break_promises: bool = False) -> Chain:
    """An existing run, its fixed stops kept, the others to be re-timed (late only to ask why)."""
    problem = book.problem
    lo, hi = book.bounds(run)
    head = tuple(s for s in run.stops if s.fixed)
    vehicle = problem.vehicle[run.vehicle_id]
    location, ready, waits = run.origin, lo, True
    if run.started:
        location, ready, waits = vehicle.position, problem.now, False
    if head and head[-1].depart > problem.now:
        location, ready, waits = head[-1].location, head[-1].depart, False
    return Chain(
        run_id=run.id,
        vehicle=vehicle,
        driver_id=run.driver_id,
        origin=run.origin,
        start=run.start,
        head=head,
        location=location,
        ready=ready,
        waits=waits,
        hi=hi,
        aboard=_aboard_after(run, head),
        visits=tuple(_visit(problem, s, break_promises) for s in run.stops[len(head) :]),
        started=run.started,
        onboard=run.onboard,
    )


def _visit(problem: Problem, stop: Stop, break_promises: bool) -> Visit:
    request = problem.request[stop.request_id]
    if (stop.request_id, stop.kind) in problem.told:
        visit = promised(request, stop)
        return visit._replace(latest=FAR) if break_promises else visit
    return next(v for v in visits_of(request) if v.kind is stop.kind)


def _aboard_after(run: Run, head: Sequence[Stop]) -> tuple[Onboard, ...]:
    aboard = list(run.onboard)
    for stop in head:
        if stop.kind is StopKind.PICKUP:
            aboard.append(Onboard(stop.request_id, stop.depart))
        if stop.kind is StopKind.DROPOFF:
            aboard = [o for o in aboard if o.request_id != stop.request_id]
    return tuple(aboard)


def lay(problem: Problem, chain: Chain, visits: Sequence[Visit]) -> Run | None:
    """The run with these visits, timed as early as limits allow; None where no timetable exists."""
    seconds = problem.travel.seconds_rows
    legs, at = [], chain.location
    for visit in visits:
        legs.append(seconds[at][visit.location])
        at = visit.location
    home = seconds[at][chain.vehicle.depot]
    bound, rides = _rides(problem, chain, visits)
    starts = earliest_starts(bound, legs, chain.ready, rides)
    if starts is None:
        return None
    leave = chain.ready
    if chain.waits and starts:
        leave = max(chain.ready, starts[0] - legs[0] - problem.params.early_s)
    stops, free = list(chain.head), leave
    for visit, leg, start in zip(visits, legs, starts, strict=True):
        stops.append(
            Stop(visit.request_id, visit.kind, visit.location, free + leg, start, start + visit.service_s)
        )
        free = start + visit.service_s
    if free + home > chain.hi:
        return None
    return Run(
        id=chain.run_id,
        vehicle_id=chain.vehicle.id,
        driver_id=chain.driver_id,
        origin=chain.origin,
        start=chain.start if chain.started or chain.head else leave,
        stops=tuple(stops),
        end=free + home,
        started=chain.started,
        onboard=chain.onboard,
    )


def _rides(problem: Problem, chain: Chain, visits: Sequence[Visit]) -> tuple[Sequence[Visit], list[Ride]]:
    """Ride limits between visits; for people already in the car the limit is a latest time instead."""
    departed = {o.request_id: o.departed for o in chain.aboard}
    on = {v.request_id: k for k, v in enumerate(visits) if v.kind is StopKind.PICKUP}
    outward = {v.request_id for v in visits if v.kind is StopKind.WAIT}
    bound, rides = list(visits), []
    for k, visit in enumerate(visits):
        if visit.kind is StopKind.PICKUP or (visit.kind is StopKind.DROPOFF and visit.request_id in outward):
            continue
        limit = _limit(problem, visit)
        if visit.request_id in on:
            rides.append(Ride(on[visit.request_id], k, limit))
        elif visit.request_id in departed:
            told = problem.told.get((visit.request_id, visit.kind), -FAR)
            latest = max(departed[visit.request_id] + limit, told)
            bound[k] = visit._replace(latest=min(visit.latest, latest))
    return bound, rides


def _limit(problem: Problem, visit: Visit) -> int:
    """The longest ride; where more was told already, that."""
    request = problem.request[visit.request_id]
    if request.hold is not None and visit.kind is StopKind.DROPOFF:
        return FAR
    told_off = problem.told.get((visit.request_id, visit.kind))
    told_on = problem.told.get((visit.request_id, StopKind.PICKUP))
    limit = ride_limit(problem, request)
    if told_off is None or told_on is None:
        return limit
    return max(limit, told_off - told_on - request.board_s)
