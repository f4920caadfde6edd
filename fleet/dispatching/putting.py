"""Put a plan in force: the one place where runs, stops and reservations come to be (DESIGN 4.2, 4.7).

A person decides; this checks once more, under locks, that what they saw still holds. The exclusion
constraints on the reservations have the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.dispatching import repository
from fleet.dispatching.model import RunRow
from fleet.dispatching.repository import LockedRequest, LockedVehicle
from fleet.dispatching.requests import follow
from fleet.dispatching.stops import place_stops, still_fits
from fleet.dispatching.telling import read, tell_people, touch_supervision
from fleet.errors import ConflictError
from fleet.planning.places import AT_HOME_M
from fleet.planning.spots import Spot, straight_m
from fleet.timers import set_timer
from schemas.api.proposals import ProposedRun

ACCEPT_WITHIN = timedelta(minutes=10)
"""Then the run goes back to the clerk (DOMAIN B1, timers)."""
ACCEPTANCE = "acceptance"

RECOMPUTE = "Compute the proposals again, or assign another car or driver by hand."


@dataclass(frozen=True, slots=True)
class Order:
    """What a person puts in force: these requests, at these versions, on this plan."""

    action: str
    """run.confirmed or run.assigned, for the audit log."""
    serves: tuple[tuple[int, int], ...]
    vehicle_id: int
    driver_id: int
    joins: tuple[int, int] | None
    plan: ProposedRun
    reason: str = ""
    proposal_id: int | None = None


async def put_in_force(
    connection: Connection, order: Order, *, actor: Actor, account_id: int, now: datetime
) -> RunRow:
    """Write the run with everything that hangs on it. Raises ConflictError when something has moved."""
    requests = await _lock_open(connection, order)
    vehicle = await _lock_car_and_driver(connection, order)
    try:
        run_id = await (
            _join(connection, order)
            if order.joins
            else _start_new(connection, order, vehicle, account_id, now)
        )
    except asyncpg.ExclusionViolationError as error:
        raise ConflictError(
            f"{vehicle.plate} or its driver is taken by another booking in this time", RECOMPUTE
        ) from error
    run = await read(connection, run_id)
    await _settle_proposals(connection, order, run)
    await follow(connection, run, actor=actor, now=now, note=order.reason)
    await record(
        connection,
        at=now,
        actor=actor,
        action=order.action,
        subject_kind="run",
        subject_id=run.id,
        payload=_audit(order, run, requests),
    )
    if run.status == "dispatched":
        await set_timer(connection, kind=ACCEPTANCE, subject_id=run.id, due_at=now + ACCEPT_WITHIN)
    await tell_people(connection, run, now)
    await touch_supervision(connection, run, now)
    return run


async def _lock_open(connection: Connection, order: Order) -> Sequence[LockedRequest]:
    """The requests, still open and as they were when the plan was made."""
    wanted = dict(order.serves)
    requests = await repository.lock_requests(connection, list(wanted))
    for request in requests:
        if request.status != "pending_dispatch":
            raise ConflictError(
                f"{request.number} is {request.status}: somebody was first", "Fetch the request again."
            )
        if request.version != wanted[request.id]:
            raise ConflictError(f"{request.number} was changed after this plan was made", RECOMPUTE)
    return requests


async def _lock_car_and_driver(connection: Connection, order: Order) -> LockedVehicle:
    vehicle = await repository.lock_vehicle(connection, order.vehicle_id)
    if vehicle.status != "in_service":
        raise ConflictError(f"{vehicle.plate} is out of use: {vehicle.status}", RECOMPUTE)
    await repository.lock_driver(connection, order.driver_id)
    return vehicle


async def _start_new(
    connection: Connection, order: Order, vehicle: LockedVehicle, account_id: int, now: datetime
) -> int:
    await _check_start(connection, order, vehicle)
    run_id = await repository.insert_run(
        connection,
        organisation_id=vehicle.organisation_id,
        vehicle_id=order.vehicle_id,
        driver_id=order.driver_id,
        plan=order.plan,
        created_by=account_id,
        now=now,
    )
    await repository.write_stops(connection, run_id, place_stops((), order.plan.stops))
    plan = order.plan
    await repository.reserve(
        connection, run_id, order.vehicle_id, order.driver_id, plan.starts_at, plan.ends_at
    )
    return run_id


async def _check_start(connection: Connection, order: Order, vehicle: LockedVehicle) -> None:
    """A run before it, given to the car since, brings the car home: a plan from elsewhere no longer holds."""
    plan = order.plan
    if not await repository.has_earlier_run(connection, order.vehicle_id, plan.starts_at):
        return
    start = Spot.at(plan.start_lon, plan.start_lat)
    home = await repository.home_spots(connection, order.vehicle_id)
    if min(straight_m(start, Spot.at(*spot)) for spot in home) > AT_HOME_M:
        raise ConflictError(f"{vehicle.plate} was given another run before this one", RECOMPUTE)


async def _join(connection: Connection, order: Order) -> int:
    """Rewrite the stops ahead of a run under compare-and-set of its plan."""
    run_id, version = order.joins or (0, 0)
    plan = order.plan
    if not await repository.rewrite_run(connection, run_id, version, plan):
        raise ConflictError("the run to join was planned anew, is locked, or is over", RECOMPUTE)
    run = await read(connection, run_id)
    if not still_fits(run.stops, plan.stops):
        raise ConflictError(f"{run.number} has driven past the place where this would join", RECOMPUTE)
    await repository.write_stops(connection, run_id, place_stops(run.stops, plan.stops))
    start, end = await repository.reserved(connection, run_id)
    started = run.status == "under_way"
    await repository.move_reservations(
        connection,
        run_id,
        start if started else plan.starts_at,
        max(end, plan.ends_at) if started else plan.ends_at,
    )
    return run_id


async def _settle_proposals(connection: Connection, order: Order, run: RunRow) -> None:
    if order.proposal_id is not None and not await repository.mark_confirmed(
        connection, order.proposal_id, run.id
    ):
        raise ConflictError("this proposal no longer stands", RECOMPUTE)
    request_ids = [request_id for request_id, _ in order.serves]
    await repository.supersede_proposals(connection, request_ids)
    await repository.supersede_overtaken(connection, run, order.plan, request_ids)


def _audit(order: Order, run: RunRow, requests: Sequence[LockedRequest]) -> dict[str, object]:
    return {
        "run": run.number,
        "requests": [r.number for r in requests],
        "vehicle": run.vehicle_id,
        "driver": run.driver_id,
        "planned_start": run.planned_start.isoformat(),
        "planned_end": run.planned_end.isoformat(),
        "joined": order.joins is not None,
        "proposal": order.proposal_id,
        "reason": order.reason,
    }
