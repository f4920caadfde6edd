"""What a driver does: one tap after the other, each counted once whatever the network does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.dispatching import repository
from fleet.dispatching.ending import end_without_service
from fleet.dispatching.model import RunRow
from fleet.dispatching.putting import ACCEPTANCE
from fleet.dispatching.requests import follow
from fleet.dispatching.steps import late_s, next_step, take
from fleet.dispatching.telling import read, tell_people, touch_supervision
from fleet.errors import ConflictError, InvalidError, NotFoundError
from fleet.identity.model import Reader
from fleet.timers import clear_timer
from schemas.api.runs import Step

SHORTEST_RESERVATION = timedelta(seconds=1)


async def tap(connection: Connection, reader: Reader, run_id: int, step: Step, now: datetime) -> RunRow:
    """Take the step, or do nothing if this very tap was counted before.

    Actual times are those of the tap, not of its arrival here; a phone whose clock is ahead, or behind the
    tap before, is set right.
    """
    before = await read(connection, run_id, lock=True)
    if before.driver_id != reader.driver_id:
        raise NotFoundError(f"you have no run {run_id}")
    taken = await repository.step_taken(connection, step.idempotency_key)
    if taken is not None:
        return _again(before, step, taken)
    due = next_step(before)
    after = take(before, step.action, step.stop_id, _moment(before, step, now))
    after = _with_odometer(after, step)
    stop_id = due.stop_id if due is not None else None
    await repository.insert_step(connection, run_id, step, stop_id, reader.account_id, now)
    if after.status == "cancelled":
        await end_without_service(
            connection, before, actor=reader.actor, action="run.declined", reason=step.note, now=now
        )
    else:
        await _move_on(connection, before, after, step, reader.actor, now)
    return await read(connection, run_id)


def _again(run: RunRow, step: Step, taken: tuple[int, str]) -> RunRow:
    if taken != (run.id, step.action):
        raise ConflictError(
            f"the key {step.idempotency_key} was used for {taken[1]} of run {taken[0]}",
            "Give every tap a key of its own.",
        )
    return run


def _moment(run: RunRow, step: Step, now: datetime) -> datetime:
    return max([min(step.occurred_at, now), *run.actual_times()])


def _with_odometer(run: RunRow, step: Step) -> RunRow:
    if step.odometer_km is None:
        return run
    if step.action == "depart":
        return replace(run, odometer_start_km=step.odometer_km)
    if step.action != "return":
        return run
    start = run.odometer_start_km
    if start is not None and step.odometer_km < start and not step.note:
        raise InvalidError(
            f"odometer_km {step.odometer_km} is below the {start} at departure",
            "Correct it, or write the reason in `note`.",
        )
    return replace(run, odometer_end_km=step.odometer_km)


async def _move_on(
    connection: Connection, before: RunRow, after: RunRow, step: Step, actor: Actor, now: datetime
) -> None:
    at = _moment(before, step, now)
    await repository.save_run(connection, before, after, at)
    await follow(connection, after, actor=actor, now=now)
    if step.action == "accept":
        await clear_timer(connection, kind=ACCEPTANCE, subject_id=after.id)
    overruns = await _keep_reserved(connection, after, at)
    await record(
        connection,
        at=now,
        actor=actor,
        action=f"run.{step.action}",
        subject_kind="run",
        subject_id=after.id,
        payload={
            "run": after.number,
            "stop": step.stop_id,
            "occurred_at": step.occurred_at.isoformat(),
            "odometer_km": step.odometer_km,
            "note": step.note,
            "overruns": overruns,
        },
    )
    await tell_people(connection, after, now)
    if step.action in ("depart", "return"):
        await touch_supervision(connection, after, now)


async def _keep_reserved(connection: Connection, run: RunRow, at: datetime) -> bool:
    """Fit the reservations to what is happening; True when the next booking stands in the way.

    Early departure and delay extend them, the return cuts them. Where they cannot be extended the run goes on
    all the same: the clerk is told by the run, which then ends after its reservation (`Run.conflict`).
    """
    if run.started_at is None:
        return False
    start, end = await repository.reserved(connection, run.id)
    start = min(start, run.started_at)
    if run.status == "returned":
        end = max(at, start + SHORTEST_RESERVATION)
    else:
        end = max(end, run.planned_end + timedelta(seconds=late_s(run)))
    try:
        async with connection.transaction():
            await repository.move_reservations(connection, run.id, start, end)
    except asyncpg.ExclusionViolationError:
        return True
    return False
