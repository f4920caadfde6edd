"""What a clerk does: confirm a proposal, or assign a car and driver by hand with a reason."""

from __future__ import annotations

import asyncio
from datetime import datetime

import dispatch
from dispatch import Blocked, Option
from fleet.database import Connection
from fleet.dispatching import repository
from fleet.dispatching.model import RunRow
from fleet.dispatching.putting import RECOMPUTE, Order, put_in_force
from fleet.errors import ConflictError, InvalidError, NotFoundError
from fleet.identity.model import Reader
from fleet.planning import facts
from fleet.planning.cards import Desk, card_of
from fleet.planning.desk import Preparation
from fleet.planning.errors import BlockedError
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from fleet.planning.snapshot import Snapshot
from schemas.api.proposals import Assignment
from schemas.clock import SHANGHAI


async def confirm(connection: Connection, reader: Reader, proposal_id: int, now: datetime) -> RunRow:
    """Put a proposal in force, if it still stands and nothing it rests on has moved."""
    proposal = await repository.proposal(connection, proposal_id, reader.organisation_path)
    if proposal is None or proposal.plan is None or proposal.vehicle_id is None or proposal.driver_id is None:
        raise NotFoundError(f"there is no proposal {proposal_id} to confirm")
    if proposal.status != "open":
        raise ConflictError(f"this proposal is {proposal.status}", RECOMPUTE)
    if proposal.expires_at <= now:
        raise ConflictError("this proposal has expired", RECOMPUTE)
    order = Order(
        action="run.confirmed",
        serves=proposal.serves,
        vehicle_id=proposal.vehicle_id,
        driver_id=proposal.driver_id,
        joins=proposal.joins,
        plan=proposal.plan,
        proposal_id=proposal.id,
    )
    return await put_in_force(connection, order, actor=reader.actor, account_id=reader.account_id, now=now)


async def assign(
    connection: Connection,
    reader: Reader,
    request_id: int,
    choice: Assignment,
    *,
    router: Router,
    settings: PlanningSettings,
    now: datetime,
) -> RunRow:
    """A clerk's own choice of car and driver. The planner is not needed: the same rules are checked here."""
    supplier_id = await repository.supplier_in_scope(connection, request_id, reader.organisation_path)
    if supplier_id is None:
        raise NotFoundError(f"there is no request {request_id}")
    whole = await facts.read_snapshot(connection, now, supplier_id, settings, request_id)
    _check_known(whole, request_id, choice)
    snapshot = whole.only(request_id, choice.vehicle_id, choice.driver_id)
    desk = await Preparation(router, settings).desk(connection, snapshot, store=False)
    option = await asyncio.to_thread(
        dispatch.option_for, desk.problem, str(request_id), str(choice.vehicle_id), str(choice.driver_id)
    )
    if isinstance(option, Blocked):
        raise _blocked(desk, request_id, option)
    order = _order(desk, option, choice)
    return await put_in_force(connection, order, actor=reader.actor, account_id=reader.account_id, now=now)


def _order(desk: Desk, option: Option, choice: Assignment) -> Order:
    card = card_of(desk, option)
    return Order(
        action="run.assigned",
        serves=card.serves,
        vehicle_id=card.vehicle_id,
        driver_id=card.driver_id,
        joins=card.joins,
        plan=card.plan,
        reason=choice.reason,
    )


def _check_known(snapshot: Snapshot, request_id: int, choice: Assignment) -> None:
    request = next((r for r in snapshot.requests if r.id == request_id), None)
    if request is None or not request.is_open:
        raise ConflictError(f"request {request_id} is not waiting for a car", "Fetch the request again.")
    if choice.vehicle_id not in {v.id for v in snapshot.vehicles}:
        raise InvalidError(
            f"vehicle {choice.vehicle_id} is not a car of this pool", "Choose one of the list."
        )
    if choice.driver_id not in {d.id for d in snapshot.drivers}:
        raise InvalidError(
            f"driver {choice.driver_id} has no shift ahead in this pool", "Choose one of the list."
        )


def _blocked(desk: Desk, request_id: int, blocked: Blocked) -> BlockedError:
    plate = desk.snapshot.vehicle(int(blocked.vehicle_id)).plate
    number = desk.snapshot.request(request_id).number
    until = ""
    if blocked.until is not None:
        until = f", possible from {desk.moment(blocked.until).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    reason = f" ({blocked.reason})" if blocked.reason else ""
    return BlockedError(
        f"{plate} cannot serve {number} with this driver: {blocked.constraint}{reason}{until}",
        "Choose another car, driver or time.",
    )
