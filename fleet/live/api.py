"""The live picture over HTTP."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request
from sse_starlette import EventSourceResponse

from fleet.api.dependencies import ClockOf, Now, Reader, SignedIn, Transaction, requires
from fleet.identity.tokens import COOKIE
from fleet.live import repository
from fleet.live.model import WATCHERS, Cursor, View
from fleet.live.relay import Relay
from fleet.live.stream import events, picture
from schemas.api.live import ClockReading, Counters, LiveVehicle

router = APIRouter(tags=["live"])

Watcher = Annotated[Reader, Depends(requires(*WATCHERS))]
HEARTBEAT_S = 15


@router.get("/vehicles")
async def vehicles(connection: Transaction, reader: Watcher, now: Now) -> list[LiveVehicle]:
    """Every vehicle of the reader's organisation with its newest position and what it does."""
    found = await repository.vehicles(connection, reader.organisation_path, now)
    return [each.state for each in found]


@router.get("/counters")
async def counters(connection: Transaction, reader: Watcher, clock: ClockOf) -> Counters:
    return (await picture(connection, View.of(reader), clock))[1]


@router.get("/clock")
async def clock(_: SignedIn, clock: ClockOf) -> ClockReading:
    """Business time and how fast it runs."""
    return ClockReading(now=clock.now(), rate=clock.rate)


@router.get("/live", response_class=EventSourceResponse)
async def live(
    request: Request, reader: SignedIn, last_event_id: Annotated[str, Header(max_length=64)] = ""
) -> EventSourceResponse:
    """Server-sent events: `hello` (Hello), then `vehicles`, `counters` and `change` (Change) as they come.

    A client that returns with `Last-Event-ID` is told the changes it missed.
    """
    state = request.app.state
    stream = events(
        cast("Relay", state.relay), state.pool, reader, request.cookies[COOKIE], Cursor.read(last_event_id)
    )
    return EventSourceResponse(stream, ping=HEARTBEAT_S)
