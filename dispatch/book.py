"""The state in force: who is held by which run, and which times are left to car and driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from dispatch.cost import Drive, drive_of
from dispatch.model import Driver, Vehicle
from dispatch.problem import Problem
from dispatch.runs import Run
from dispatch.visits import FAR


class Gap(NamedTuple):
    """Time that is free between two commitments; `origin` is where the car stands when it begins."""

    lo: int
    hi: int
    origin: int


class Duty(NamedTuple):
    """Time of a shift that is free; up to `hi`, of which what lies past `shift_end` is overtime."""

    lo: int
    hi: int
    shift_end: int


@dataclass(frozen=True, eq=False)
class Book:
    """All runs in force over a problem, by car and by driver. Immutable: changes give a new book."""

    problem: Problem
    runs: tuple[Run, ...]

    @cached_property
    def by_vehicle(self) -> dict[str, list[Run]]:
        return self._by((r.vehicle_id, r) for r in self.runs)

    @cached_property
    def by_driver(self) -> dict[str, list[Run]]:
        return self._by((r.driver_id, r) for r in self.runs)

    @staticmethod
    def _by(pairs: Iterable[tuple[str, Run]]) -> dict[str, list[Run]]:
        grouped: dict[str, list[Run]] = {}
        for key, run in sorted(pairs, key=lambda p: (p[1].start, p[1].end, p[1].id)):
            grouped.setdefault(key, []).append(run)
        return grouped

    @cached_property
    def drives(self) -> dict[str, Drive]:
        """What each run still has to drive."""
        return {run.id: drive_of(self.problem, run) for run in self.runs}

    @cached_property
    def duties(self) -> dict[str, list[Duty]]:
        """The free times of every driver."""
        return {d.id: list(self._duties(d)) for d in self.problem.drivers}

    @cached_property
    def wheel_spare(self) -> dict[str, int]:
        """Seconds every driver may still be at the wheel today, all runs taken off."""
        return {d.id: self.driving_spare_s(d) for d in self.problem.drivers}

    def put(self, run: Run, replaces: str | None) -> Book:
        return Book(self.problem, (*(r for r in self.runs if r.id != replaces), run))

    def without(self, run_ids: Iterable[str]) -> Book:
        gone = set(run_ids)
        return Book(self.problem, tuple(r for r in self.runs if r.id not in gone))

    def vehicle_runs(self, vehicle_id: str) -> list[Run]:
        return self.by_vehicle.get(vehicle_id, [])

    def driver_runs(self, driver_id: str) -> list[Run]:
        return self.by_driver.get(driver_id, [])

    def vehicle_gaps(self, vehicle: Vehicle) -> Iterator[Gap]:
        """The free times of a car from now on, earliest first.

        None before a run that leaves from elsewhere than the depot: a run in between would end at the depot.
        """
        held = [(r.start, r.end, r.origin == vehicle.depot) for r in self.vehicle_runs(vehicle.id)]
        held += [(b.window.earliest, b.window.latest, True) for b in vehicle.blocks]
        at, origin = self.problem.now, vehicle.position
        for start, end, from_depot in sorted(held):
            if start > at and from_depot:
                yield Gap(at, start, origin)
            if end > at:
                at, origin = end, vehicle.depot
        yield Gap(at, FAR, origin)

    def _duties(self, driver: Driver) -> Iterator[Duty]:
        """The free times of a driver from now on, overtime included, earliest first."""
        overtime = self.problem.params.overtime_limit_s
        for shift in sorted(driver.shifts, key=lambda w: w.earliest):
            at = max(self.problem.now, shift.earliest)
            for run in self.driver_runs(driver.id):
                if run.end <= at or run.start >= shift.latest + overtime:
                    continue
                if run.start > at:
                    yield Duty(at, run.start, shift.latest)
                at = run.end
            if at < shift.latest + overtime:
                yield Duty(at, shift.latest + overtime, shift.latest)

    def bounds(self, run: Run) -> tuple[int, int]:
        """Between which times a run may be stretched.

        Its shift never makes that narrower than it stands. Another commitment may: where an earlier run is
        late, the run does not fit its own bounds and can only be left as it is.
        """
        vehicle, driver = self.problem.vehicle[run.vehicle_id], self.problem.driver[run.driver_id]
        held = [(r.start, r.end) for r in self.vehicle_runs(run.vehicle_id) if r.id != run.id]
        held += [(r.start, r.end) for r in self.driver_runs(run.driver_id) if r.id != run.id]
        held += [(b.window.earliest, b.window.latest) for b in vehicle.blocks]
        shift = next((w for w in driver.shifts if w.earliest <= run.start <= w.latest), None)
        lo, hi = run.start, run.end
        if shift is not None:
            lo = shift.earliest
            hi = max(hi, shift.latest + self.problem.params.overtime_limit_s)
        lo = max([lo, self.problem.now, *(end for start, end in held if start < run.start)])
        return lo, min([hi, *(start for start, _ in held if start >= run.start)])

    def following(self, run: Run) -> Run | None:
        """The next run of its car or its driver after it."""
        after = [
            r
            for r in (*self.vehicle_runs(run.vehicle_id), *self.driver_runs(run.driver_id))
            if r.id != run.id and r.start >= run.end
        ]
        return min(after, key=lambda r: (r.start, r.id), default=None)

    def range_spare_m(self, vehicle: Vehicle, apart: str | None = None) -> int:
        """Metres a car may still be sent, its reserve and its other runs (all but `apart`) taken off."""
        if vehicle.range_m is None:
            return FAR
        full = vehicle.full_range_m or vehicle.range_m
        reserve = full * self.problem.params.range_reserve_permille // 1000
        planned = sum(self.drives[r.id].metres for r in self.vehicle_runs(vehicle.id) if r.id != apart)
        return vehicle.range_m - reserve - planned

    def driving_spare_s(self, driver: Driver, apart: str | None = None) -> int:
        """Seconds a driver may still be at the wheel today, the other runs taken off."""
        planned = sum(self.drives[r.id].seconds for r in self.driver_runs(driver.id) if r.id != apart)
        return driver.driving_limit_s - driver.driven_s - planned
