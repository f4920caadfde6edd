"""The checker's rules for one run by itself. It shares no code with any solver."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.errors import RuleBrokenError
from dispatch.model import Request
from dispatch.problem import Problem
from dispatch.runs import Run, Stop, StopKind


def check_run(problem: Problem, run: Run, before: Run | None) -> None:
    """Raise RuleBrokenError if a new or changed run breaks a rule; `before` is the same run in force."""
    _frozen_stays(problem, run, before)
    _timetable(problem, run)
    _pairs(problem, run)
    _windows(problem, run)
    _places(problem, run)
    _company(problem, run)
    _rides(problem, run)
    _crew(problem, run)


def _fail(rule: str, run: Run, detail: str) -> RuleBrokenError:
    return RuleBrokenError(rule, run.id, detail)


def _frozen_stays(problem: Problem, run: Run, before: Run | None) -> None:
    """Fixed stops keep place and times; who is on board stays; a started run keeps its start."""
    if before is None:
        if run.start < problem.now:
            raise _fail("past", run, f"a new run would leave at {run.start}, before now")
        if run.started or run.onboard or any(s.fixed for s in run.stops):
            raise _fail("frozen", run, "a new run claims to be under way")
        return
    fixed = tuple(s for s in before.stops if s.fixed)
    if run.stops[: len(fixed)] != fixed or run.onboard != before.onboard:
        raise _fail("frozen", run, "a fixed stop or the people on board were changed")
    if run.origin != before.origin or run.started != before.started:
        raise _fail("frozen", run, "its origin or state was changed")
    if before.started and run.start != before.start:
        raise _fail("frozen", run, "a started run starts at another time")
    if not before.started and not fixed and run.start < problem.now:
        raise _fail("past", run, f"it would leave at {run.start}, before now")
    told = [(s.request_id, s.kind) for s in before.stops]
    if [key for key in ((s.request_id, s.kind) for s in run.stops) if key in set(told)] != told:
        raise _fail("sequence", run, "the order of its dispatched stops was changed")


def _timetable(problem: Problem, run: Run) -> None:
    """Every leg has its travel time, every stop its service time, and the run ends at the car's depot."""
    vehicle = problem.vehicle[run.vehicle_id]
    at, free = run.origin, run.start
    if run.started:
        at, free = vehicle.position, problem.now
    for stop in run.stops:
        if stop.fixed and stop.depart <= problem.now:
            continue
        travel = int(problem.travel.seconds[at, stop.location])
        if not stop.fixed and stop.arrive < free + travel:
            raise _fail("travel", run, f"{stop.kind} of {stop.request_id} is reached {travel} s after {free}")
        if not stop.fixed and not stop.arrive <= stop.start <= stop.depart - _service(problem, stop):
            raise _fail("service", run, f"{stop.kind} of {stop.request_id} has no time for its service")
        at, free = stop.location, stop.depart
    if run.end < free + int(problem.travel.seconds[at, vehicle.depot]):
        raise _fail("travel", run, "it ends before the car can be back at its depot")


def _service(problem: Problem, stop: Stop) -> int:
    request = problem.request[stop.request_id]
    if stop.kind is StopKind.PICKUP:
        return request.board_s
    if stop.kind is StopKind.WAIT and request.hold is not None:
        return request.alight_s + request.hold.wait_s + request.board_s
    return request.alight_s


def _place(request: Request, kind: StopKind) -> int:
    if kind is StopKind.PICKUP:
        return request.pickup
    if kind is StopKind.DROPOFF and request.hold is not None:
        return request.hold.return_to
    return request.dropoff


def _pairs(problem: Problem, run: Run) -> None:
    """Pick-up, (wait,) drop-off: once each, in this order, at the places asked for."""
    aboard = {o.request_id for o in run.onboard}
    for request_id in run.request_ids:
        request = problem.request[request_id]
        kinds = [s.kind for s in run.stops if s.request_id == request_id]
        whole = [StopKind.PICKUP, StopKind.WAIT, StopKind.DROPOFF]
        if request.hold is None:
            whole.remove(StopKind.WAIT)
        allowed = [whole[1:], whole[-1:]] if request_id in aboard else [whole]
        if kinds not in allowed:
            raise _fail("precedence", run, f"stops of {request_id} are {[str(k) for k in kinds]}")
    for stop in run.stops:
        if stop.request_id not in run.request_ids:
            raise _fail("precedence", run, f"a stop of {stop.request_id}, who never gets on")
        if stop.location != _place(problem.request[stop.request_id], stop.kind):
            raise _fail("place", run, f"{stop.kind} of {stop.request_id} is at the wrong place")


def _told(problem: Problem, stop: Stop) -> int | None:
    for run in problem.runs:
        for old in run.stops:
            if (old.request_id, old.kind) == (stop.request_id, stop.kind):
                return old.start
    return None


def _windows(problem: Problem, run: Run) -> None:
    """Service begins inside its window; dispatched people are not fetched before the time they were told."""
    for stop in run.stops:
        request = problem.request[stop.request_id]
        told = _told(problem, stop)
        if stop.fixed or (stop.kind is StopKind.DROPOFF and request.hold is not None):
            continue
        window = request.pickup_window if stop.kind is StopKind.PICKUP else request.arrival_window
        latest = window.latest if told is None else max(window.latest, told)
        if not window.earliest <= stop.start <= latest:
            raise _fail(
                "window",
                run,
                f"{stop.kind} of {stop.request_id} at {stop.start}, not in {window.earliest}..{latest}",
            )
        if stop.kind is StopKind.PICKUP and told is not None and stop.start < told:
            raise _fail("promise", run, f"pick-up of {stop.request_id} at {stop.start}, told for {told}")


def _loads(problem: Problem, run: Run) -> Iterator[tuple[Stop | None, list[Request]]]:
    """Who is in the car after each stop (and at the beginning, with None)."""
    inside = [problem.request[o.request_id] for o in run.onboard]
    yield None, list(inside)
    for stop in run.stops:
        if stop.kind is StopKind.PICKUP:
            inside.append(problem.request[stop.request_id])
        if stop.kind is StopKind.DROPOFF:
            inside.remove(problem.request[stop.request_id])
        yield stop, list(inside)


def _places(problem: Problem, run: Run) -> None:
    """Seats, luggage room and wheelchair places are never exceeded."""
    vehicle = problem.vehicle[run.vehicle_id]
    for _, inside in _loads(problem, run):
        for rule, need, have in (
            ("seats", sum(r.persons for r in inside), vehicle.seats),
            ("luggage", sum(r.luggage for r in inside), vehicle.luggage),
            ("wheelchair", sum(r.wheelchairs for r in inside), vehicle.wheelchairs),
        ):
            if need > have:
                raise _fail(rule, run, f"{need} in a car for {have}")


def _company(problem: Problem, run: Run) -> None:
    """Nobody shares a car without the consent of all; a held car waits for its own people only."""
    committed = {frozenset((a, b)) for r in problem.runs for a in r.request_ids for b in r.request_ids}
    for _, inside in _loads(problem, run):
        for k, a in enumerate(inside):
            for b in inside[k + 1 :]:
                if frozenset((a.id, b.id)) in committed:
                    continue
                narrow = any(r.sharing is not None and r.sharing.own_organisation_only for r in (a, b))
                if a.sharing is None or b.sharing is None or (narrow and a.organisation != b.organisation):
                    raise _fail("sharing", run, f"{a.id} and {b.id} did not both consent")


def _rides(problem: Problem, run: Run) -> None:
    """People who share ride at most their detour longer than direct; people alone ride directly."""
    left = {o.request_id: o.departed for o in run.onboard}
    for k, stop in enumerate(run.stops):
        request = problem.request[stop.request_id]
        if stop.kind is StopKind.PICKUP:
            left[request.id] = stop.depart
            continue
        if (
            stop.fixed
            or request.id not in left
            or (request.hold is not None and stop.kind is StopKind.DROPOFF)
        ):
            continue
        direct = int(problem.travel.seconds[request.pickup, request.dropoff])
        allowed = direct
        if request.sharing is not None:
            allowed += request.sharing.detour_s
        elif k and run.stops[k - 1].request_id != request.id:
            raise _fail("direct", run, f"{request.id} did not consent to share but is driven round")
        else:
            forced = request.arrival_window.earliest - direct - request.board_s - request.pickup_window.latest
            allowed += max(0, forced)
        told = _told(problem, stop)
        before = problem.run.get(run.id)
        if told is not None and before is not None:
            allowed = max(allowed, told - _left_before(before, request.id))
        if stop.start - left[request.id] > allowed:
            raise _fail(
                "ride", run, f"{request.id} rides {stop.start - left[request.id]} s, at most {allowed}"
            )


def _left_before(run: Run, request_id: str) -> int:
    aboard = [o.departed for o in run.onboard if o.request_id == request_id]
    picked = [s.depart for s in run.stops if s.request_id == request_id and s.kind is StopKind.PICKUP]
    return (aboard + picked)[0]


def _crew(problem: Problem, run: Run) -> None:
    """The driver may take the car, within a shift and the overtime allowed; the class is one asked for."""
    vehicle, driver = problem.vehicle[run.vehicle_id], problem.driver[run.driver_id]
    before = problem.run.get(run.id)
    for request_id in run.request_ids:
        accepts = problem.request[request_id].accepts
        dispatched = before is not None and request_id in before.request_ids
        if accepts and not dispatched and vehicle.vehicle_class not in {c.vehicle_class for c in accepts}:
            raise _fail("class", run, f"{request_id} may not be given a {vehicle.vehicle_class}")
    if before is None:
        if driver.depot != vehicle.depot or driver.bound_vehicle not in (None, vehicle.id):
            raise _fail("crew", run, f"{driver.id} does not drive {vehicle.id}")
        if driver.may_drive and vehicle.vehicle_class not in driver.may_drive:
            raise _fail("crew", run, f"{driver.id} may not drive a {vehicle.vehicle_class}")
    overtime = problem.params.overtime_limit_s
    inside = any(w.earliest <= run.start and run.end <= w.latest + overtime for w in driver.shifts)
    kept = before is not None and before.start <= run.start and run.end <= before.end
    if not inside and not kept:
        raise _fail("shift", run, f"{driver.id} is not on shift from {run.start} to {run.end}")
