"""Cancelling a request: alone while it waits, together with its place on a run once a car is dispatched."""

from __future__ import annotations

from datetime import datetime

from fleet.database import Connection
from fleet.dispatching.ending import withdraw
from fleet.errors import ForbiddenError, InvalidError
from fleet.identity.model import Reader
from fleet.orders import repository
from fleet.orders.model import Scope
from fleet.orders.service import detail, move
from schemas.api.requests import RequestDetail, RequestStatus

ON_A_RUN: tuple[RequestStatus, ...] = ("dispatched", "accepted")
CAR_ON_ITS_WAY: tuple[RequestStatus, ...] = ("en_route", "arrived")
SHORTEST_REASON = 4


async def cancel(
    connection: Connection, reader: Reader, request_id: int, note: str, now: datetime
) -> RequestDetail:
    """The requester withdraws, or a clerk cancels. Once the car is on its way only a clerk may.

    A run loses the request; nobody else's trip moves. Raises ConflictError when the people are in the car.
    """
    request = await detail(connection, Scope.of(reader), request_id)
    await _check_right(connection, reader, request)
    if request.status in ON_A_RUN + CAR_ON_ITS_WAY:
        if len(note) < SHORTEST_REASON:
            raise InvalidError(
                f"a car is dispatched for {request.number}: cancelling needs a reason",
                f"Write in `note` why, at least {SHORTEST_REASON} characters.",
            )
        await withdraw(connection, now, reader.actor, request_id, note)
    await move(connection, request_id, "cancel", actor=reader.actor, now=now, note=note)
    return await detail(connection, Scope.of(reader), request_id)


async def _check_right(connection: Connection, reader: Reader, request: RequestDetail) -> None:
    if reader.is_any_of("clerk"):
        return
    if await repository.requester_of(connection, request.id) != reader.account_id:
        raise ForbiddenError("only its requester or a clerk may cancel a request", "Ask the requester.")
    if request.status in CAR_ON_ITS_WAY:
        raise ForbiddenError(f"the car for {request.number} is on its way", "Call the dispatch desk.")
