"""Runs that end without service: cancelled, declined, or not accepted in time. Their requests wait again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.dispatching import repository
from fleet.dispatching.model import RunRow
from fleet.dispatching.putting import ACCEPTANCE
from fleet.dispatching.requests import follow
from fleet.dispatching.telling import read, tell_people, touch_supervision
from fleet.errors import ConflictError, NotFoundError
from fleet.identity.model import Reader
from fleet.timers import clear_timer

WORKER = Actor("worker")


async def cancel(connection: Connection, reader: Reader, run_id: int, reason: str, now: datetime) -> RunRow:
    """A clerk takes a run back, as long as nobody has got in."""
    run = await read(connection, run_id, lock=True)
    if not await repository.is_in_scope(connection, run_id, reader.organisation_path):
        raise NotFoundError(f"there is no run {run_id}")
    if run.status in ("returned", "cancelled") or any(s.departed_at is not None for s in run.stops):
        raise ConflictError(
            f"{run.number} is {run.status} and has carried passengers: it can no longer be cancelled"
            if run.status != "cancelled"
            else f"{run.number} is cancelled already",
            "Fetch the run again.",
        )
    await end_without_service(
        connection, run, actor=reader.actor, action="run.cancelled", reason=reason, now=now
    )
    return await read(connection, run_id)


async def acceptance_expired(connection: Connection, now: datetime, run_id: int) -> None:
    """The driver did not accept in time: the run goes back to the clerk. Nothing if it was accepted since."""
    run = await repository.read_run(connection, run_id, lock=True)
    if run is None or run.status != "dispatched":
        return
    await end_without_service(
        connection, run, actor=WORKER, action="run.acceptance_expired", reason="not accepted in time", now=now
    )


async def withdraw(connection: Connection, now: datetime, actor: Actor, request_id: int, reason: str) -> None:
    """Take one request off its run before its people got in; the run goes on for the others, or ends.

    The request waits again afterwards; whoever cancels it does so then. Nothing if it rides on no run.
    """
    run_id = await repository.run_of_request(connection, request_id)
    if run_id is None:
        return
    run = await read(connection, run_id, lock=True)
    if any(s.request_id == request_id and s.departed_at is not None for s in run.stops):
        raise ConflictError(f"the people of request {request_id} are in the car", "Let the run finish.")
    if run.request_ids == [request_id] and run.status != "under_way":
        await end_without_service(
            connection, run, actor=actor, action="run.cancelled", reason=reason, now=now
        )
        return
    await _leave(connection, run, request_id, actor=actor, reason=reason, now=now)


async def release(
    connection: Connection, reader: Reader, request_id: int, reason: str, now: datetime
) -> None:
    """A clerk takes one request back; it waits for a car again, and who rides along stays dispatched."""
    if await repository.supplier_in_scope(connection, request_id, reader.organisation_path) is None:
        raise NotFoundError(f"there is no request {request_id}")
    await withdraw(connection, now, reader.actor, request_id, reason)


async def _leave(
    connection: Connection, run: RunRow, request_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """The others keep the times they were told."""
    await repository.delete_stops_of(connection, run.id, request_id)
    left = replace(run, status="cancelled", stops=tuple(s for s in run.stops if s.request_id == request_id))
    await follow(connection, left, actor=actor, now=now, note=reason)
    after = await read(connection, run.id)
    await follow(connection, after, actor=actor, now=now)
    await _write(connection, after, actor, "run.left", now, reason)


async def end_without_service(
    connection: Connection, run: RunRow, *, actor: Actor, action: str, reason: str, now: datetime
) -> None:
    """Cancel the run: reservations released, requests wait again, everybody concerned is told."""
    ended = replace(run, status="cancelled", ended_at=now)
    await repository.save_run(connection, run, ended, now)
    await repository.release_reservations(connection, run.id)
    await clear_timer(connection, kind=ACCEPTANCE, subject_id=run.id)
    await follow(connection, ended, actor=actor, now=now, note=reason)
    await _write(connection, ended, actor, action, now, reason)


async def _write(
    connection: Connection, run: RunRow, actor: Actor, action: str, now: datetime, reason: str
) -> None:
    await record(
        connection,
        at=now,
        actor=actor,
        action=action,
        subject_kind="run",
        subject_id=run.id,
        payload={"run": run.number, "status": run.status, "reason": reason},
    )
    await tell_people(connection, run, now)
    await touch_supervision(connection, run, now)
