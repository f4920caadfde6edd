"""Exact insertion of one request: every position in every run, and a run of its own on every car."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from dispatch.book import Book, Duty, Gap
from dispatch.chain import Chain, lay, new_chain, open_chain
from dispatch.compatibility import drivers_for, screen
from dispatch.cost import PER_FEN, Cost, drive_of, run_cost
from dispatch.model import Driver, Request, Vehicle
from dispatch.problem import Problem
from dispatch.results import Constraint
from dispatch.runs import Run, StopKind
from dispatch.visits import FAR, Visit, consent, visits_of

NOTHING: frozenset[Constraint] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that serves the request, in place of run `replaces` (None: its own), and what it adds."""

    run: Run
    replaces: str | None
    added: Cost

    @property
    def rank(self) -> tuple[int, int, str, str]:
        return self.added.total, self.run.end, self.run.vehicle_id, self.run.driver_id


def best_per_vehicle(
    book: Book, request: Request, vehicles: Iterable[Vehicle], driver_id: str | None = None
) -> list[Candidate]:
    """The cheapest way on each car that has one, cheapest car first; with one driver only if named."""
    found = []
    for vehicle in vehicles:
        if screen(book, request, vehicle) is not None:
            continue
        ways = list(candidates(book, request, vehicle, driver_id=driver_id))
        if ways:
            found.append(min(ways, key=lambda c: c.rank))
    return sorted(found, key=lambda c: c.rank)


def candidates(
    book: Book,
    request: Request,
    vehicle: Vehicle,
    waive: frozenset[Constraint] = NOTHING,
    driver_id: str | None = None,
) -> Iterator[Candidate]:
    """Every way for one car: in each of its runs, and a new run in each of its gaps.

    `waive` names constraints to ignore, to find out which of them binds.
    """
    for run in book.vehicle_runs(vehicle.id):
        if not run.locked and driver_id in (None, run.driver_id):
            yield from _in_run(book, request, run, waive)
    for gap in book.vehicle_gaps(vehicle):
        if gap.lo <= request.pickup_window.latest:
            yield from _new_run(book, request, vehicle, gap, waive, driver_id)


def _in_run(book: Book, request: Request, run: Run, waive: frozenset[Constraint]) -> Iterator[Candidate]:
    problem = book.problem
    chain = open_chain(book, run, break_promises=Constraint.PROMISE in waive)
    range_m = book.range_spare_m(chain.vehicle, run.id)
    wheel_s = book.driving_spare_s(problem.driver[run.driver_id], run.id)
    before, stands = run_cost(problem, run), len(long_stands(problem, run))
    for visits in positions(book, request, chain, waive):
        changed = lay(problem, chain, visits)
        if changed is None or not _within(book, changed, range_m, wheel_s, waive):
            continue
        if len(long_stands(problem, changed)) > stands:
            continue
        yield Candidate(changed, run.id, run_cost(problem, changed) - before)


def _within(book: Book, run: Run, range_m: int, wheel_s: int, waive: frozenset[Constraint]) -> bool:
    drive = drive_of(book.problem, run)
    if drive.metres > range_m and Constraint.RANGE not in waive:
        return False
    return drive.seconds <= wheel_s or Constraint.DRIVING_HOURS in waive


def long_stands(problem: Problem, run: Run) -> list[int]:
    """Before which stops the empty car stands away from its depot for longer than `Params.park_s`."""
    inside = len(run.onboard)
    found = []
    for k, (stop, following) in enumerate(pairwise(run.stops), start=1):
        inside += (stop.kind is StopKind.PICKUP) - (stop.kind is StopKind.DROPOFF)
        if inside == 0 and following.start - following.arrive > problem.params.park_s:
            found.append(k)
    return found


def positions(
    book: Book, request: Request, chain: Chain, waive: frozenset[Constraint] = NOTHING
) -> Iterator[tuple[Visit, ...]]:
    """Visit sequences with the request inserted that keep places, luggage, wheelchairs and consent."""
    on, *off = visits_of(request)
    aboard = _aboard(chain)
    free = [_fits(book, request, chain.vehicle, others, waive) for others in aboard]
    for first in range(len(chain.visits) + 1):
        for last in range(first, len(chain.visits) + 1):
            if not free[last]:
                break
            if last > first and request.sharing is None and Constraint.SHARING not in waive:
                break
            before, between, after = chain.visits[:first], chain.visits[first:last], chain.visits[last:]
            yield (*before, on, *between, *off, *after)


def _aboard(chain: Chain) -> list[frozenset[str]]:
    """Who is in the car before each visit, and at the end."""
    inside = {o.request_id for o in chain.aboard}
    steps = [frozenset(inside)]
    for visit in chain.visits:
        if visit.kind is StopKind.PICKUP:
            inside.add(visit.request_id)
        if visit.kind is StopKind.DROPOFF:
            inside.discard(visit.request_id)
        steps.append(frozenset(inside))
    return steps


def _fits(
    book: Book, request: Request, vehicle: Vehicle, others: frozenset[str], waive: frozenset[Constraint]
) -> bool:
    if not others:
        return True
    company = [book.problem.request[q] for q in others]
    if Constraint.SHARING not in waive and not all(consent(request, c) for c in company):
        return False
    company.append(request)
    return (
        sum(c.persons for c in company) <= vehicle.seats
        and sum(c.luggage for c in company) <= vehicle.luggage
        and sum(c.wheelchairs for c in company) <= vehicle.wheelchairs
    )


def _new_run(
    book: Book,
    request: Request,
    vehicle: Vehicle,
    gap: Gap,
    waive: frozenset[Constraint],
    driver_id: str | None,
) -> Iterator[Candidate]:
    """A run of its own in a gap of the car, with the most suitable driver who is free then."""
    problem = book.problem
    visits = visits_of(request)
    ideal = lay(problem, new_chain(vehicle, "", gap.origin, gap.lo, gap.hi), visits)
    if ideal is None:
        return
    drive = drive_of(problem, ideal)
    if drive.metres > book.range_spare_m(vehicle) and Constraint.RANGE not in waive:
        return
    used = 0 if book.vehicle_runs(vehicle.id) else problem.params.weights.vehicle_used * PER_FEN
    best: tuple[int, int, str, Run, Cost] | None = None
    for driver, duty in _duties(book, request, vehicle, ideal):
        spare = book.wheel_spare[driver.id]
        if driver_id not in (None, driver.id):
            continue
        if drive.seconds > spare and Constraint.DRIVING_HOURS not in waive:
            continue
        run = _with_driver(problem, request, vehicle, gap, ideal, driver, duty)
        if run is None:
            continue
        added = run_cost(problem, run) + Cost(vehicle_used=used)
        if best is None or (added.total, -spare, driver.id) < best[:3]:
            best = (added.total, -spare, driver.id, run, added)
    if best is not None:
        yield Candidate(best[3], None, best[4])


def _with_driver(
    problem: Problem, request: Request, vehicle: Vehicle, gap: Gap, ideal: Run, driver: Driver, duty: Duty
) -> Run | None:
    if duty.lo <= ideal.start and ideal.end <= duty.hi:
        return replace(ideal, driver_id=driver.id)
    lo, hi = max(gap.lo, duty.lo), min(gap.hi, duty.hi)
    return lay(problem, new_chain(vehicle, driver.id, gap.origin, lo, hi), visits_of(request))


def _duties(book: Book, request: Request, vehicle: Vehicle, ideal: Run) -> Iterator[tuple[Driver, Duty]]:
    """Free times of drivers in which the request could be served; the car alone would do it as in `ideal`."""
    latest = max(request.pickup_window.latest, ideal.stops[0].start)
    for driver in drivers_for(book.problem, vehicle):
        for duty in book.duties[driver.id]:
            if duty.lo <= latest and duty.hi >= ideal.end and duty.hi < FAR:
                yield driver, duty
