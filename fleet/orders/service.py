"""What may happen to a request. Each step is one transaction with its audit entry and notification."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fleet.identity.model import Reader
from fleet.notifications import notify
from fleet.orders import repository
from fleet.orders.model import Moved, OrganisationRef, Scope
from fleet.orders.transitions import TRANSITIONS, WAITING, Step, possible_steps
from fleet.timers.repository import Timer, set_timer
from schemas.api.requests import NewRequest, RequestDetail
from schemas.clock import SHANGHAI

EXPIRY = "request_expiry"
TIMER = Actor("timer")
FARTHEST_AHEAD = timedelta(days=366)


async def create(connection: Connection, reader: Reader, new: NewRequest, now: datetime) -> RequestDetail:
    """A requester's application waits for their unit; a clerk's direct order goes straight to dispatch."""
    _check_times(new, now)
    direct = reader.is_any_of("clerk")
    organisation = await _whose_trip(connection, reader, new)
    supplier = await _supplier(connection, organisation)
    if direct and not _at_or_below(supplier.path, reader.organisation_path):
        raise NotFoundError(f"there is no organisation {organisation.id} that your pool serves")
    request = await repository.insert_request(
        connection,
        new,
        number=f"YC-{now.astimezone(SHANGHAI):%m%d}-{await repository.next_number(connection):04d}",
        organisation_id=organisation.id,
        supplier_id=supplier.id,
        requester_id=reader.account_id,
        kind="direct" if direct else "normal",
        status="pending_dispatch" if direct else "unit_review",
        created_at=now,
    )
    await _tell(connection, request, "create", reader.actor, now, {"kind": "direct" if direct else "normal"})
    await _expire_in_time(connection, request)
    return await detail(connection, Scope.of(reader), request.id)


async def detail(connection: Connection, scope: Scope, request_id: int) -> RequestDetail:
    request = await repository.one_request(connection, scope, request_id)
    if request is None:
        raise NotFoundError(f"there is no request {request_id}")
    return request


async def approve(
    connection: Connection, reader: Reader, request_id: int, note: str, now: datetime
) -> RequestDetail:
    await _not_own(connection, reader, request_id)
    return await _decide(connection, reader, request_id, "approve", note, now)


async def reject(
    connection: Connection, reader: Reader, request_id: int, note: str, now: datetime
) -> RequestDetail:
    if not note:
        raise InvalidError(
            "a rejection needs its reason", "Write in `note` what the requester should change."
        )
    await _not_own(connection, reader, request_id)
    return await _decide(connection, reader, request_id, "reject", note, now)


async def move(
    connection: Connection,
    request_id: int,
    step: Step,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    payload: dict[str, Any] | None = None,
) -> Moved:
    """Take one step of the table of transitions, with its audit entry and notification.

    Raises ConflictError, naming the state and the steps possible from it, when somebody was first.
    """
    moved = await repository.move(connection, request_id, TRANSITIONS[step])
    if moved is None:
        raise await _wrong_state(connection, request_id, step)
    await _tell(connection, moved, step, actor, now, {"note": note, **(payload or {})})
    await _expire_in_time(connection, moved)
    return moved


async def on_expiry(connection: Connection, timer: Timer, now: datetime) -> None:
    """The time to arrive has passed: a request that still waits is over, anything else goes on."""
    expired = await repository.move(connection, int(timer.subject_id), TRANSITIONS["expire"])
    if expired is not None:
        await _tell(connection, expired, "expire", TIMER, now, {})


async def _expire_in_time(connection: Connection, request: Moved) -> None:
    if request.status in WAITING:
        await set_timer(connection, kind=EXPIRY, subject_id=request.id, due_at=request.arrive_by)


async def _decide(
    connection: Connection, reader: Reader, request_id: int, step: Step, note: str, now: datetime
) -> RequestDetail:
    await move(connection, request_id, step, actor=reader.actor, now=now, note=note)
    await repository.set_decision(connection, request_id, reader.account_id, now, note)
    return await detail(connection, Scope.of(reader), request_id)


async def _not_own(connection: Connection, reader: Reader, request_id: int) -> None:
    await detail(connection, Scope.of(reader), request_id)
    if await repository.requester_of(connection, request_id) == reader.account_id:
        raise ForbiddenError(
            "nobody decides on a request of their own", "Ask another approver of your organisation."
        )


async def _wrong_state(connection: Connection, request_id: int, step: Step) -> Exception:
    found = await repository.status_of(connection, request_id)
    if found is None:
        return NotFoundError(f"there is no request {request_id}")
    number, status = found
    needed = ", ".join(TRANSITIONS[step])
    possible = ", ".join(possible_steps(status)) or "none"
    return ConflictError(
        f"{number} is {status}; {step} is possible from: {needed}",
        f"Fetch it again. Steps possible now: {possible}.",
    )


async def _tell(
    connection: Connection, request: Moved, step: str, actor: Actor, now: datetime, payload: dict[str, Any]
) -> None:
    await record(
        connection,
        at=now,
        actor=actor,
        action=f"request.{step}",
        subject_kind="request",
        subject_id=request.id,
        payload={"number": request.number, "status": request.status, **payload},
    )
    for organisation_id in {request.organisation_id, request.supplier_id}:
        await notify(
            connection, at=now, topic="request", subject_id=request.id, organisation_id=organisation_id
        )


def _check_times(new: NewRequest, now: datetime) -> None:
    if new.arrive_by > now + FARTHEST_AHEAD:
        raise InvalidError("the trip is more than a year ahead", "Correct pickup_from and arrive_by.")
    if new.pickup_from < now - FARTHEST_AHEAD or new.latest_pickup < now:
        raise InvalidError(
            f"the pick-up window is over: it is {now.astimezone(SHANGHAI):%Y-%m-%d %H:%M} now",
            "Choose a pick-up time from now on.",
        )


async def _whose_trip(connection: Connection, reader: Reader, new: NewRequest) -> OrganisationRef:
    """A requester travels for their own organisation or one below it; a clerk names whose trip it is."""
    organisation_id = new.organisation_id or reader.organisation_id
    found = await repository.organisation(connection, organisation_id)
    own = found is not None and _at_or_below(found.path, reader.organisation_path)
    if found is None or not (own or reader.is_any_of("clerk")):
        raise NotFoundError(f"there is no organisation {organisation_id}", "Choose one of the list.")
    return found


async def _supplier(connection: Connection, organisation: OrganisationRef) -> OrganisationRef:
    supplier = await repository.supplier_for(connection, organisation.path)
    if supplier is None:
        raise InvalidError(
            f"no vehicle pool serves {organisation.name}",
            "An administrator must mark an organisation as supplier.",
        )
    return supplier


def _at_or_below(path: str, top: str) -> bool:
    return path == top or path.startswith(f"{top}.")
