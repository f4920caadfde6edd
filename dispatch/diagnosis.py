"""Why a car cannot serve a request, and what smallest change of the request would make it possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from dispatch.book import Book
from dispatch.compatibility import drivers_for, screen, trip_s
from dispatch.insertion import NOTHING, Candidate, best_per_vehicle, candidates
from dispatch.model import Request, Sharing, Vehicle, Window
from dispatch.results import Blocked, Constraint, ConstraintCount, NoOption, Relaxation, RelaxationKind
from dispatch.runs import StopKind

LATER_MAX_S = 4 * 3600
EARLIER_MAX_S = 2 * 3600
STEP_S = 60
SHARE_DETOUR_S = 900
WAIVABLE = (Constraint.RANGE, Constraint.DRIVING_HOURS, Constraint.SHARING)
ENERGY = frozenset({Constraint.RANGE, Constraint.DRIVING_HOURS})


def why_none(book: Book, request: Request) -> NoOption:
    """What keeps every car from the request, counted, and the relaxations that work."""
    blocked = tuple(diagnose(book, request, v) for v in book.problem.vehicles)
    counts = Counter(b.constraint for b in blocked)
    listed = tuple(
        ConstraintCount(
            c,
            counts[c],
            min((b.until for b in blocked if b.constraint is c and b.until is not None), default=None),
        )
        for c in Constraint
        if counts[c]
    )
    return NoOption(
        request_id=request.id,
        checked=len(blocked),
        binding=listed[-1].constraint if listed else None,
        counts=listed,
        blocked=blocked,
        relaxations=tuple(sorted(_relaxations(book, request), key=lambda r: (r.amount, r.kind))),
    )


def diagnose(book: Book, request: Request, vehicle: Vehicle) -> Blocked:
    """The first constraint that keeps this car from the request (call it only for a car that has no way)."""
    standing = screen(book, request, vehicle)
    if standing is not None:
        return standing
    until = _possible_from(book, request, vehicle)
    if not _possible(_all_idle(book, vehicle), request, vehicle, ENERGY):
        return Blocked(vehicle.id, Constraint.TIME_WINDOW, until)
    for constraint in WAIVABLE:
        asked = _sharing(request) if constraint is Constraint.SHARING else request
        if _possible(book, asked, vehicle, frozenset({constraint})):
            return Blocked(vehicle.id, constraint, until)
    return Blocked(vehicle.id, _taken(book, request, vehicle), until)


def _taken(book: Book, request: Request, vehicle: Vehicle) -> Constraint:
    """A lock, a run all through the time asked, or one that would be delayed past what was promised."""
    runs = book.vehicle_runs(vehicle.id)
    if any(r.locked and _overlaps(book, request, r.start, r.end) for r in runs):
        return Constraint.LOCKED
    wanted = request.pickup_window
    if any(r.start <= wanted.earliest and r.end >= wanted.latest for r in runs):
        return Constraint.BUSY
    delayed = _possible(book, request, vehicle, frozenset({Constraint.PROMISE}))
    return Constraint.PROMISE if delayed else Constraint.BUSY


def _possible(book: Book, request: Request, vehicle: Vehicle, waive: frozenset[Constraint]) -> bool:
    return any(True for _ in candidates(book, request, vehicle, waive))


def _all_idle(book: Book, vehicle: Vehicle) -> Book:
    crew = {d.id for d in drivers_for(book.problem, vehicle)}
    return book.without(r.id for r in book.runs if r.vehicle_id == vehicle.id or r.driver_id in crew)


def _overlaps(book: Book, request: Request, start: int, end: int) -> bool:
    latest = request.pickup_window.latest + trip_s(book.problem, request)
    return start < latest and request.pickup_window.earliest < end


def _possible_from(book: Book, request: Request, vehicle: Vehicle) -> int | None:
    """The earliest pick-up this car could manage if the request waited (within four hours)."""
    ways = candidates(book, _later(request, LATER_MAX_S), vehicle)
    return min((_pickup(way, request) for way in ways), default=None)


def _pickup(way: Candidate, request: Request) -> int:
    return next(s.start for s in way.run.stops if s.request_id == request.id and s.kind is StopKind.PICKUP)


def _later(request: Request, by: int) -> Request:
    wanted, arrival = request.pickup_window, request.arrival_window
    return replace(
        request,
        pickup_window=Window(wanted.earliest, wanted.latest + by),
        arrival_window=Window(arrival.earliest, arrival.latest + by),
    )


def _sharing(request: Request) -> Request:
    if request.sharing is not None or request.hold is not None:
        return request
    return replace(request, sharing=Sharing(SHARE_DETOUR_S))


def _relaxations(book: Book, request: Request) -> Iterator[Relaxation]:
    yield from _smallest(book, request, RelaxationKind.LATER, LATER_MAX_S, _later)
    now = book.problem.now
    room = min(EARLIER_MAX_S, request.pickup_window.earliest - now)

    def earlier(asked: Request, by: int) -> Request:
        wanted = asked.pickup_window
        return replace(asked, pickup_window=Window(wanted.earliest - by, wanted.latest))

    yield from _smallest(book, request, RelaxationKind.EARLIER, room, earlier)
    if request.sharing is None and request.hold is None:
        yield from _works(book, _sharing(request), RelaxationKind.SHARE, SHARE_DETOUR_S)
    if request.accepts:
        yield from _works(book, replace(request, accepts=()), RelaxationKind.ANY_CLASS, 0)
    yield from _split(book, request)


def _smallest(
    book: Book, request: Request, kind: RelaxationKind, most: int, ease: Callable[[Request, int], Request]
) -> Iterator[Relaxation]:
    """Bisect to the minute: easing more never makes it harder."""
    low, high = 0, max(0, most) // STEP_S
    if high == 0 or not _any(book, ease(request, high * STEP_S)):
        return
    while high - low > 1:
        middle = (low + high) // 2
        if _any(book, ease(request, middle * STEP_S)):
            high = middle
        else:
            low = middle
    yield from _works(book, ease(request, high * STEP_S), kind, high * STEP_S)


def _any(book: Book, request: Request) -> bool:
    return any(
        screen(book, request, v) is None and _possible(book, request, v, NOTHING)
        for v in book.problem.vehicles
    )


def _works(book: Book, request: Request, kind: RelaxationKind, amount: int) -> Iterator[Relaxation]:
    ways = best_per_vehicle(book, request, book.problem.vehicles)
    if ways:
        yield Relaxation(kind, amount, _pickup(ways[0], request), ways[0].run.vehicle_id)


def _split(book: Book, request: Request) -> Iterator[Relaxation]:
    largest = max((v.seats for v in book.problem.vehicles), default=0)
    if largest == 0 or request.persons <= largest:
        return
    cars = -(-request.persons // largest)
    part = replace(request, persons=-(-request.persons // cars), luggage=-(-request.luggage // cars))
    if len(best_per_vehicle(book, part, book.problem.vehicles)) >= cars:
        yield Relaxation(RelaxationKind.SPLIT, cars)
