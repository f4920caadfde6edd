"""What a plan costs, item by item. Amounts are thousandths of a fen, so that whole numbers add up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from dispatch.problem import Problem
from dispatch.runs import Run, Stop, StopKind
from dispatch.visits import visits_of

PER_FEN = 1000
"""Units per fen. Fen per kilometre is then simply units per metre."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A breakdown whose sum is the total; negative items are savings when it is a difference."""

    distance_empty: int = 0
    distance_loaded: int = 0
    vehicle_used: int = 0
    driver_time: int = 0
    driver_overtime: int = 0
    lateness_risk: int = 0
    upgrade: int = 0
    promise_changed: int = 0
    unserved: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, f.name) for f in fields(self))

    @property
    def total_fen(self) -> int:
        """The total in whole fen, rounded half up."""
        return (self.total + PER_FEN // 2) // PER_FEN

    @property
    def money_fen(self) -> int:
        """Only what is really paid (driving, car, driver), without the prices put on quality; whole fen."""
        paid = self.distance_empty + self.distance_loaded + self.vehicle_used
        return (paid + self.driver_time + self.driver_overtime + PER_FEN // 2) // PER_FEN

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


class Drive(NamedTuple):
    """What a run still has to drive: without and with passengers (m), and the time at the wheel (s)."""

    empty_m: int
    loaded_m: int
    seconds: int

    @property
    def metres(self) -> int:
        return self.empty_m + self.loaded_m


def stops_ahead(problem: Problem, run: Run) -> tuple[Stop, ...]:
    """The stops the car has not left yet."""
    return tuple(s for s in run.stops if not (s.fixed and s.depart <= problem.now))


def drive_of(problem: Problem, run: Run) -> Drive:
    """The way still ahead of a run, from where the car is (or will leave) back to its depot."""
    vehicle = problem.vehicle[run.vehicle_id]
    seconds, metres = problem.travel.seconds_rows, problem.travel.metres_rows
    ahead = stops_ahead(problem, run)
    at = vehicle.position if run.started else run.origin
    load = len(run.onboard)
    for stop in run.stops[: len(run.stops) - len(ahead)]:
        load += _entering(stop)
    driven, way = 0, [0, 0]
    for location, entering in (*((s.location, _entering(s)) for s in ahead), (vehicle.depot, 0)):
        driven += seconds[at][location]
        way[load > 0] += metres[at][location]
        at, load = location, load + entering
    return Drive(way[0], way[1], driven)


def _entering(stop: Stop) -> int:
    if stop.kind is StopKind.WAIT:
        return 0
    return 1 if stop.kind is StopKind.PICKUP else -1


def run_cost(problem: Problem, run: Run) -> Cost:
    """What one run costs by itself; taking its car out is `vehicle_used`, added by `state_cost`."""
    weights = problem.params.weights
    drive = drive_of(problem, run)
    vehicle = problem.vehicle[run.vehicle_id]
    upgrades = sum(problem.request[q].upgrade_steps(vehicle.vehicle_class) or 0 for q in run.request_ids)
    return Cost(
        distance_empty=drive.empty_m * weights.empty_per_km,
        distance_loaded=drive.loaded_m * weights.loaded_per_km,
        driver_time=(run.end - run.start) * weights.driver_per_hour * PER_FEN // 3600,
        driver_overtime=overtime_s(problem, run) * weights.overtime_per_hour * PER_FEN // 3600,
        lateness_risk=_lateness_risk(problem, run),
        upgrade=upgrades * weights.upgrade_per_step * PER_FEN,
        promise_changed=_promise_changed(problem, run),
    )


def overtime_s(problem: Problem, run: Run) -> int:
    """Seconds the run ends after the shift it begins in."""
    ends = [w.latest for w in problem.driver[run.driver_id].shifts if w.earliest <= run.start <= w.latest]
    return max(0, run.end - max(ends)) if ends else 0


def _lateness_risk(problem: Problem, run: Run) -> int:
    comfortable = problem.params.comfortable_slack_s
    short = 0
    for stop in stops_ahead(problem, run):
        latest = next(v.latest for v in visits_of(problem.request[stop.request_id]) if v.kind is stop.kind)
        short += max(0, comfortable - (latest - stop.start))
    return short * problem.params.weights.lateness_risk_per_min * PER_FEN // 60


def _promise_changed(problem: Problem, run: Run) -> int:
    weights = problem.params.weights
    later = [after - before for _, before, after in told_later(problem, run)]
    return len(later) * weights.promise_changed * PER_FEN + (
        sum(later) * weights.promise_later_per_min * PER_FEN // 60
    )


def told_later(problem: Problem, run: Run) -> list[tuple[Stop, int, int]]:
    """Stops of dispatched requests whose service begins later than told: stop, before, after."""
    moved = []
    for stop in run.stops:
        told = problem.told.get((stop.request_id, stop.kind))
        if told is not None and stop.start > told:
            moved.append((stop, told, stop.start))
    return moved


def state_cost(problem: Problem, runs: Sequence[Run], unserved: Sequence[str] = ()) -> Cost:
    """The cost of everything in force: all runs, the cars they take out, the requests left over."""
    weights = problem.params.weights
    total = Cost(
        vehicle_used=len({r.vehicle_id for r in runs}) * weights.vehicle_used * PER_FEN,
        unserved=sum(problem.request[q].priority for q in unserved) * weights.unserved * PER_FEN,
    )
    for run in runs:
        total += run_cost(problem, run)
    return total
