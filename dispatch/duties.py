"""Duties for the routing model: one car with one driver over a stretch of time nobody else lays claim to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from dispatch.book import Book
from dispatch.chain import Chain, lay, new_chain, open_chain
from dispatch.compatibility import drivers_for, screen
from dispatch.model import Driver, Request, Vehicle
from dispatch.runs import Run

SHORTEST_S = 1800
"""A free stretch below this is not worth a duty."""


@dataclass(frozen=True, slots=True)
class RoutingDuty:
    """A chain to be filled: one run that exists or may come to be.

    `fresh` where using it takes out a car that otherwise stands all day; past `shift_end` it is overtime.
    Duty number `after` (same car and driver) must have ended before it begins, duty `anchor` must be in use.
    """

    chain: Chain
    fresh: bool
    shift_end: int
    after: int | None = None
    anchor: int | None = None


@dataclass(slots=True)
class _Claims:
    """Times already spoken for, per car or driver. Grows while duties are made, and only then."""

    taken: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, name: str, start: int, end: int) -> None:
        self.taken.setdefault(name, []).append((start, end))

    def before(self, name: str, at: int) -> int:
        return max((end for start, end in self.taken.get(name, []) if start < at), default=0)

    def after(self, name: str, at: int, limit: int) -> int:
        return min((start for start, _ in self.taken.get(name, []) if start >= at), default=limit)

    def free(self, name: str, lo: int, hi: int) -> Iterator[tuple[int, int]]:
        for start, end in sorted(self.taken.get(name, [])):
            if start > lo:
                yield lo, min(start, hi)
            lo = max(lo, end)
        if lo < hi:
            yield lo, hi


def make_duties(book: Book, wanted: Iterable[Request]) -> list[RoutingDuty]:
    """Every unlocked run with room for another before and after it, and idle cars with idle drivers.

    Each is stretched as far as nobody else claims the time, so that no two can ever collide.
    """
    claims = _Claims()
    for run in book.runs:
        claims.add(run.vehicle_id, run.start, run.end)
        claims.add(run.driver_id, run.start, run.end)
    for vehicle in book.problem.vehicles:
        for block in vehicle.blocks:
            claims.add(vehicle.id, block.window.earliest, block.window.latest)
    duties: list[RoutingDuty] = []
    for run in sorted(book.runs, key=lambda r: (r.start, r.end, r.id)):
        if run.locked or not _can_change(book, run):
            continue
        before, after = _around(_stretched(book, claims, run), run)
        duties += _in_line(book, duties, before, after)
    for chain in _idle(book, claims, list(wanted)):
        duties += _in_line(book, duties, [], _twice(chain))
    return duties


def _can_change(book: Book, run: Run) -> bool:
    """Not a run that is in conflict with an earlier one running late, or late itself beyond repair."""
    chain = open_chain(book, run)
    return lay(book.problem, chain, chain.visits) is not None


def _in_line(
    book: Book, duties: list[RoutingDuty], before: list[Chain], after: list[Chain]
) -> list[RoutingDuty]:
    """Duties of one car and driver one after another; the first of `after` is the one that others need."""
    vehicle_id, number = after[0].vehicle.id, len(duties)
    out = any(r.vehicle_id == vehicle_id for r in book.problem.runs)
    fresh = not out and all(d.chain.vehicle.id != vehicle_id for d in duties)
    anchor = number + len(before)
    return [
        RoutingDuty(
            chain,
            fresh=fresh and k == anchor,
            shift_end=_shift_end(book, chain),
            after=k - 1 if k > number else None,
            anchor=None if out or k == anchor else anchor,
        )
        for k, chain in enumerate((*before, *after), start=number)
    ]


def _shift_end(book: Book, chain: Chain) -> int:
    shifts = book.problem.driver[chain.driver_id].shifts
    return max((w.latest for w in shifts if w.earliest <= chain.hi), default=chain.hi)


def _around(chain: Chain, run: Run) -> tuple[list[Chain], list[Chain]]:
    """The room for a run before this one; this one, and the room for one after it."""
    depot, before, after = chain.vehicle.depot, [], [chain]
    if chain.waits and run.origin == depot and run.start - chain.ready >= SHORTEST_S:
        before = [new_chain(chain.vehicle, chain.driver_id, depot, chain.ready, run.start)]
    if chain.hi - run.end >= SHORTEST_S:
        after.append(new_chain(chain.vehicle, chain.driver_id, depot, chain.ready, chain.hi))
    return before, after


def _twice(chain: Chain) -> list[Chain]:
    """Room for two runs, one after the other; only from the depot, to which the first comes back."""
    room = chain.origin == chain.vehicle.depot and chain.hi - chain.ready >= 4 * SHORTEST_S
    return [chain, chain] if room else [chain]


def _stretched(book: Book, claims: _Claims, run: Run) -> Chain:
    chain = open_chain(book, run)
    lo, hi = book.bounds(run)
    for name in (run.vehicle_id, run.driver_id):
        lo = max(lo, min(claims.before(name, run.start), run.start))
        hi = min(hi, max(claims.after(name, run.end, hi), run.end))
    for name in (run.vehicle_id, run.driver_id):
        claims.add(name, min(lo, run.start), hi)
    ready = max(lo, book.problem.now) if chain.waits else chain.ready
    return replace(chain, ready=ready, hi=hi)


def _idle(book: Book, claims: _Claims, wanted: list[Request]) -> Iterator[Chain]:
    """Idle cars, the most useful first, each with the idle driver whose time overlaps it longest."""
    if not wanted:
        return
    first = min(r.pickup_window.earliest for r in wanted)
    useful = {v.id: sum(screen(book, r, v) is None for r in wanted) for v in book.problem.vehicles}
    for vehicle in sorted(book.problem.vehicles, key=lambda v: (-useful[v.id], v.id)):
        if not useful[vehicle.id]:
            continue
        for gap in book.vehicle_gaps(vehicle):
            for lo, hi in list(claims.free(vehicle.id, gap.lo, gap.hi)):
                best = _longest(book, claims, vehicle, lo, hi)
                if best is None or best[2] < first:
                    continue
                driver, start, end = best
                claims.add(vehicle.id, start, end)
                claims.add(driver.id, start, end)
                origin = gap.origin if lo == gap.lo else vehicle.depot
                yield new_chain(vehicle, driver.id, origin, start, end)


def _longest(
    book: Book, claims: _Claims, vehicle: Vehicle, lo: int, hi: int
) -> tuple[Driver, int, int] | None:
    found: list[tuple[int, str, Driver, int, int]] = []
    overtime = book.problem.params.overtime_limit_s
    for driver in drivers_for(book.problem, vehicle):
        for shift in driver.shifts:
            start, end = max(lo, shift.earliest), min(hi, shift.latest + overtime)
            for free_lo, free_hi in claims.free(driver.id, start, end):
                if free_hi - free_lo >= SHORTEST_S:
                    found.append((free_lo - free_hi, driver.id, driver, free_lo, free_hi))
    if not found:
        return None
    _, _, driver, start, end = min(found, key=lambda f: f[:2])
    return driver, start, end
