"""Refuse a problem that contradicts itself, before any solver sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dispatch.errors import InvalidProblemError
from dispatch.model import Driver, Request, Vehicle
from dispatch.runs import Run, StopKind

if TYPE_CHECKING:
    from dispatch.problem import Problem


def validate(problem: Problem) -> None:
    """Raise InvalidProblemError at the first contradiction."""
    if problem.epoch.utcoffset() is None:
        raise InvalidProblemError("epoch", "it has no time zone", "Give an aware UTC time")
    _unique("vehicles", (v.id for v in problem.vehicles))
    _unique("drivers", (d.id for d in problem.drivers))
    _unique("requests", (r.id for r in problem.requests))
    _unique("runs", (r.id for r in problem.runs))
    for vehicle in problem.vehicles:
        _vehicle(problem, vehicle)
    for driver in problem.drivers:
        _driver(problem, driver)
    for request in problem.requests:
        _request(problem, request)
    vehicle_ids = {v.id for v in problem.vehicles}
    driver_ids = {d.id for d in problem.drivers}
    requests = {r.id: r for r in problem.requests}
    for run in problem.runs:
        where = f"run {run.id}"
        _known(where, "vehicle", run.vehicle_id, vehicle_ids)
        _known(where, "driver", run.driver_id, driver_ids)
        _run(problem, run, requests)
    _unique("runs' requests", (q for run in problem.runs for q in run.request_ids))


def _unique(where: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise InvalidProblemError(where, f"the id {one} stands twice", "Give each its own id")
        seen.add(one)


def _known(where: str, what: str, one: str, known: Iterable[str]) -> None:
    if one not in known:
        raise InvalidProblemError(
            where, f"it names {what} {one}, which is not in the problem", f"Add the {what} or drop it"
        )


def _location(problem: Problem, where: str, *locations: int) -> None:
    for location in locations:
        if not 0 <= location < problem.travel.size:
            raise InvalidProblemError(
                where,
                f"location {location} is outside the {problem.travel.size} of travel",
                "Give a row of the matrix",
            )


def _not_negative(where: str, **values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 0:
            raise InvalidProblemError(f"{where}.{name}", f"{value} is negative", "Give zero or more")


def _vehicle(problem: Problem, vehicle: Vehicle) -> None:
    where = f"vehicle {vehicle.id}"
    _location(problem, where, vehicle.depot, vehicle.position)
    _not_negative(where, seats=vehicle.seats, luggage=vehicle.luggage, wheelchairs=vehicle.wheelchairs)
    _not_negative(where, range_m=vehicle.range_m, full_range_m=vehicle.full_range_m)


def _driver(problem: Problem, driver: Driver) -> None:
    where = f"driver {driver.id}"
    _location(problem, where, driver.depot)
    _not_negative(where, driven_s=driver.driven_s, driving_limit_s=driver.driving_limit_s)
    if driver.bound_vehicle is not None:
        _known(where, "vehicle", driver.bound_vehicle, (v.id for v in problem.vehicles))


def _request(problem: Problem, request: Request) -> None:
    where = f"request {request.id}"
    _location(problem, where, request.pickup, request.dropoff)
    _not_negative(where, luggage=request.luggage, wheelchairs=request.wheelchairs, priority=request.priority)
    _not_negative(where, board_s=request.board_s, alight_s=request.alight_s)
    if request.persons < 1:
        raise InvalidProblemError(f"{where}.persons", f"{request.persons} people travel", "Give one or more")
    if request.wheelchairs > request.persons:
        raise InvalidProblemError(
            f"{where}.wheelchairs",
            f"{request.wheelchairs} wheelchairs for {request.persons} people",
            "Count each once",
        )
    if request.arrival_window.latest < request.pickup_window.earliest:
        raise InvalidProblemError(
            where, "it must arrive before it may be picked up", "Correct pick-up or arrival time"
        )
    if request.hold is not None:
        _location(problem, where, request.hold.return_to)
        _not_negative(where, wait_s=request.hold.wait_s)
        if request.sharing is not None:
            raise InvalidProblemError(
                where, "a round trip that holds the car cannot share it", "Drop sharing or the hold"
            )
    if request.sharing is not None:
        _not_negative(where, detour_s=request.sharing.detour_s)


def _run(problem: Problem, run: Run, requests: dict[str, Request]) -> None:
    where = f"run {run.id}"
    if not run.id:
        raise InvalidProblemError("run", "it has no id", "Runs in force have the id of their row")
    _location(problem, where, run.origin, *(s.location for s in run.stops))
    if run.end < run.start:
        raise InvalidProblemError(
            where, f"it ends ({run.end}) before it starts ({run.start})", "Correct its times"
        )
    if run.end < problem.now:
        raise InvalidProblemError(
            where,
            f"it ended at {run.end}, before now ({problem.now})",
            "Drop it or give the end now expected",
        )
    for request_id in (*run.request_ids, *(s.request_id for s in run.stops)):
        _known(where, "request", request_id, requests)
    fixed = [s.fixed for s in run.stops]
    if fixed != sorted(fixed, reverse=True):
        raise InvalidProblemError(where, "a fixed stop follows one that is not", "Fixed stops lead the run")
    if run.onboard and not run.started:
        raise InvalidProblemError(where, "people are on board but it has not started", "Mark it started")
    for request_id in run.request_ids:
        aboard = any(o.request_id == request_id for o in run.onboard)
        kinds = [s.kind for s in run.stops if s.request_id == request_id]
        if kinds not in list(_orders(requests[request_id], aboard)):
            raise InvalidProblemError(
                where,
                f"the stops of request {request_id} are {[str(k) for k in kinds]}",
                "Give pick-up, then drop-off",
            )


def _orders(request: Request, aboard: bool) -> Iterator[list[StopKind]]:
    whole = [StopKind.PICKUP, StopKind.WAIT, StopKind.DROPOFF]
    if request.hold is None:
        whole.remove(StopKind.WAIT)
    if not aboard:
        yield whole
        return
    yield whole[1:]
    if request.hold is not None:
        yield whole[2:]
