"""The events of one stream: hello, what was missed, then what is new, while the reader may see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

from sse_starlette import ServerSentEvent

from fleet.api.dependencies import acquire, session_reader
from fleet.database import Connection, Pool
from fleet.errors import FleetError
from fleet.identity.model import Reader
from fleet.live import repository
from fleet.live.figures import counters_of
from fleet.live.model import Cursor, View
from fleet.live.relay import Relay
from fleet.live.subscriber import Subscriber
from schemas.api.live import Counters, Hello, LiveVehicle
from schemas.clock import Clock

REAUTHORISE_S = 30
"""Real time between two looks whether the session still stands."""
RETRY_MS = 2_000
NO_COUNTERS = Counters(
    to_handle=0, pending=0, idle=0, on_task=0, lost=0, disabled=0, total=0, on_time_pct=None, delay_s=None
)


async def events(
    relay: Relay, pool: Pool, reader: Reader, token: str, after: Cursor | None
) -> AsyncGenerator[ServerSentEvent, None]:
    """Ends when the session does, or when the client is too slow: it then resumes with its last event id."""
    subscriber = relay.subscribe(View.of(reader))
    try:
        hello, position = await _hello(relay, pool, subscriber, after)
        yield ServerSentEvent(hello.model_dump_json(), event="hello", id=position, retry=RETRY_MS)
        checked = time.monotonic()
        while not subscriber.ended:
            for event in _waiting(subscriber):
                yield event
            await _something_new(subscriber)
            if time.monotonic() - checked >= REAUTHORISE_S:
                if not await _still_allowed(pool, token, subscriber):
                    return
                checked = time.monotonic()
    finally:
        relay.leave(subscriber)


async def _hello(
    relay: Relay, pool: Pool, subscriber: Subscriber, after: Cursor | None
) -> tuple[Hello, str | None]:
    """With the event id a new page resumes from; one that comes back keeps its own until it has caught up."""
    async with acquire(pool) as connection:
        position = None
        if after is not None:
            await relay.replay(connection, subscriber, after)
        else:
            position = str(await relay.position(connection))
        now = relay.clock.now()
        vehicles, counters = await picture(connection, subscriber.view, relay.clock)
    hello = Hello(now=now, rate=relay.clock.rate, vehicles=vehicles, counters=counters)
    return hello, position


async def picture(connection: Connection, view: View, clock: Clock) -> tuple[list[LiveVehicle], Counters]:
    """The vehicles and counters that `view` may see, as of now."""
    if not view.watches:
        return [], NO_COUNTERS
    now = clock.now()
    vehicles = [each.state for each in await repository.vehicles(connection, view.path, now)]
    counts = await repository.counts(connection, view.path, now)
    return vehicles, counters_of(vehicles, counts, now, clock.rate)


async def _something_new(subscriber: Subscriber) -> None:
    try:
        async with asyncio.timeout(REAUTHORISE_S):
            await subscriber.wake.wait()
    except TimeoutError:
        return


async def _still_allowed(pool: Pool, token: str, subscriber: Subscriber) -> bool:
    """A session that has ended, or a person who moved or lost a role, must not go on watching."""
    try:
        async with acquire(pool) as connection:
            reader = await session_reader(connection, token)
    except FleetError:
        return False
    return reader is not None and View.of(reader) == subscriber.view


def _waiting(subscriber: Subscriber) -> list[ServerSentEvent]:
    vehicles, counters, changes = subscriber.take()
    told: list[ServerSentEvent] = []
    if vehicles:
        body = b"[" + b",".join(vehicle.model_dump_json().encode() for vehicle in vehicles) + b"]"
        told.append(ServerSentEvent(body.decode(), event="vehicles"))
    if counters:
        told.append(ServerSentEvent(counters.model_dump_json(), event="counters"))
    for cursor, change in changes:
        told.append(ServerSentEvent(change.model_dump_json(), event="change", id=str(cursor)))
    return told
