"""The independent checker: every plan passes it before it leaves. It shares no code with any solver.

It reads the original integers and tests rule by rule; a rule's name is in the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dispatch.errors import RuleBrokenError
from dispatch.problem import Problem
from dispatch.run_checker import check_run
from dispatch.runs import Run


def check(problem: Problem, runs: Sequence[Run]) -> None:
    """Raise RuleBrokenError if `runs`, as the whole state afterwards, break any rule of `problem`.

    What is in force and unchanged may be late or long already; nothing may become worse than it was told.
    """
    _commitments_stay(problem, runs)
    _nobody_twice(problem, runs)
    before = {run.id: run for run in problem.runs}
    for run in runs:
        if before.get(run.id) == run:
            continue
        check_run(problem, run, before.get(run.id))
    _origins(problem, runs)
    _energy_and_hours(problem, runs)


def _fail(rule: str, run: Run, detail: str) -> RuleBrokenError:
    return RuleBrokenError(rule, run.id, detail)


def _commitments_stay(problem: Problem, runs: Sequence[Run]) -> None:
    """Every dispatched request stays on its run, car and driver; locked runs are untouched."""
    after = {run.id: run for run in runs if run.id}
    for run in problem.runs:
        now = after.get(run.id)
        if now is None:
            raise _fail("commitment", run, "the run has disappeared")
        if run.locked and now != run:
            raise _fail("locked", run, "a locked run was changed")
        if (now.vehicle_id, now.driver_id) != (run.vehicle_id, run.driver_id):
            raise _fail("commitment", run, "its car or driver was exchanged")
        missing = set(run.request_ids) - set(now.request_ids)
        if missing:
            raise _fail("commitment", run, f"requests {sorted(missing)} were dropped")
    seen: set[str] = set()
    for run in runs:
        for request_id in run.request_ids:
            if request_id not in problem.request:
                raise _fail("known", run, f"request {request_id} is not in the problem")
            if request_id in seen:
                raise _fail("once", run, f"request {request_id} is served twice")
            seen.add(request_id)


def _nobody_twice(problem: Problem, runs: Sequence[Run]) -> None:
    """No car and no driver is on two runs at once, no car moves while blocked."""
    untouched = set(problem.runs)
    for who in ("vehicle_id", "driver_id"):
        for name in {getattr(run, who) for run in runs}:
            own = sorted((r for r in runs if getattr(r, who) == name), key=lambda r: (r.start, r.end))
            for first, second in pairwise(own):
                if first.end > second.start and not {first, second} <= untouched:
                    raise _fail("double_booking", second, f"{name} is still on run {first.id or '(new)'}")
    for run in runs:
        if run in untouched:
            continue
        for block in problem.vehicle[run.vehicle_id].blocks:
            grown = run.id in problem.run and _overlap(
                problem.run[run.id], block.window.earliest, block.window.latest
            )
            if _overlap(run, block.window.earliest, block.window.latest) and not grown:
                raise _fail("blocked", run, f"{run.vehicle_id} is out of use: {block.reason}")


def _origins(problem: Problem, runs: Sequence[Run]) -> None:
    """A run leaves from where its car is: its position now, or the depot once it has been away or blocked."""
    untouched = set(problem.runs)
    for vehicle in problem.vehicles:
        away = [b.window.earliest for b in vehicle.blocks if b.window.latest > problem.now]
        own = sorted((r for r in runs if r.vehicle_id == vehicle.id), key=lambda r: (r.start, r.end))
        for k, run in enumerate(own):
            expected = vehicle.depot if k or any(a <= run.start for a in away) else vehicle.position
            kept = run in untouched and (k == 0 or own[k - 1] in untouched)
            grown = run.id in problem.run and k == 0
            if run.origin != expected and not kept and not grown:
                raise _fail("origin", run, f"it leaves from {run.origin}, the car stands at {expected}")


def _overlap(run: Run, start: int, end: int) -> bool:
    return run.start < end and start < run.end


def _energy_and_hours(problem: Problem, runs: Sequence[Run]) -> None:
    """Where a car or driver was given more, the range and the hours at the wheel suffice for everything."""
    touched = [run for run in runs if problem.run.get(run.id) != run]
    for vehicle_id in {r.vehicle_id for r in touched}:
        vehicle = problem.vehicle[vehicle_id]
        if vehicle.range_m is None:
            continue
        metres = sum(_way(problem, r)[0] for r in runs if r.vehicle_id == vehicle_id)
        was = sum(_way(problem, r)[0] for r in problem.runs if r.vehicle_id == vehicle_id)
        reserve = (vehicle.full_range_m or vehicle.range_m) * problem.params.range_reserve_permille // 1000
        if metres > max(was, vehicle.range_m - reserve):
            raise RuleBrokenError(
                "range", "", f"{vehicle_id} would drive {metres} m of {vehicle.range_m - reserve}"
            )
    for driver_id in {r.driver_id for r in touched}:
        driver = problem.driver[driver_id]
        seconds = sum(_way(problem, r)[1] for r in runs if r.driver_id == driver_id)
        was = sum(_way(problem, r)[1] for r in problem.runs if r.driver_id == driver_id)
        if seconds > max(was, driver.driving_limit_s - driver.driven_s):
            raise RuleBrokenError("driving_hours", "", f"{driver_id} would drive {seconds} s more today")


def _way(problem: Problem, run: Run) -> tuple[int, int]:
    """Metres and seconds of driving still ahead of a run."""
    vehicle = problem.vehicle[run.vehicle_id]
    places = [vehicle.position if run.started else run.origin]
    places += [s.location for s in run.stops if not (s.fixed and s.depart <= problem.now)]
    places.append(vehicle.depot)
    metres = sum(int(problem.travel.metres[a, b]) for a, b in pairwise(places))
    return metres, sum(int(problem.travel.seconds[a, b]) for a, b in pairwise(places))
