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
    aboard = _aboard_after(run, head)
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
        aboard=aboard,
        visits=tuple(_visit(problem, s, aboard, break_promises) for s in run.stops[len(head) :]),
        started=run.started,
        onboard=run.onboard,
    )


def _visit(problem: Problem, stop: Stop, aboard: Sequence[Onboard], break_promises: bool) -> Visit:
    request, told = problem.request[stop.request_id], (stop.request_id, stop.kind) in problem.told
    if not told:
        return next(v for v in visits_of(request) if v.kind is stop.kind)
    visit = promised(request, stop)
    if break_promises:
        return visit._replace(latest=FAR)
    departed = next((o.departed for o in aboard if o.request_id == request.id), None)
    if departed is None or visit.latest == FAR:
        return visit
    return visit._replace(latest=min(visit.latest, max(departed + _limit(problem, visit), stop.start)))


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
    starts = earliest_starts(visits, legs, chain.ready, _rides(problem, visits))
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


def _rides(problem: Problem, visits: Sequence[Visit]) -> list[Ride]:
    """Ride limits of those who get on and off within these visits."""
    on: dict[str, int] = {}
    rides = []
    for k, visit in enumerate(visits):
        if visit.kind is StopKind.PICKUP:
            on[visit.request_id] = k
        elif visit.request_id in on:
            rides.append(Ride(on.pop(visit.request_id), k, _limit(problem, visit)))
    return rides


def _limit(problem: Problem, visit: Visit) -> int:
    """The longest ride to this visit; where more was told already, that."""
    request = problem.request[visit.request_id]
    told_off = problem.told.get((visit.request_id, visit.kind))
    told_on = problem.told.get((visit.request_id, StopKind.PICKUP))
    limit = ride_limit(problem, request)
    if told_off is None or told_on is None:
        return limit
    return max(limit, told_off - told_on - request.board_s)
