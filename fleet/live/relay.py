"""One task per process that watches the database for all open streams."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import asyncpg
import structlog

from fleet.database import AWAY, Connection, Pool
from fleet.live import repository
from fleet.live.figures import counters_of
from fleet.live.model import Cursor, Entry, PlacedVehicle, View
from fleet.live.subscriber import Subscriber
from schemas.api.live import Counters, LiveVehicle
from schemas.clock import Clock

log = structlog.get_logger()

PERIOD_S = 1.0
"""Real time between two looks: positions are told at most this often."""
PAGE = 1_000
MOST_STREAMS = 8
"""Of one account."""


@dataclass(slots=True)
class Relay:
    """Reads the outbox in commit order and compares the fleet with the picture before; tells what is new."""

    pool: Pool
    clock: Clock
    subscribers: list[Subscriber] = field(default_factory=list)
    cursor: Cursor | None = None
    picture: dict[int, PlacedVehicle] = field(default_factory=dict)
    figures: dict[str, Counters] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled. A database that is away only makes it wait."""
        stands_still = False
        while True:
            try:
                await self.tick()
                if stands_still:
                    log.info("live picture moves again")
                stands_still = False
            except (OSError, *AWAY, asyncpg.PostgresError) as error:
                if not stands_still:
                    log.warning("live picture stands still", error=repr(error))
                stands_still = True
            await asyncio.sleep(PERIOD_S)

    async def tick(self) -> None:
        async with self.pool.acquire(timeout=10) as connection:
            await self._tell_changes(connection)
            if any(subscriber.view.watches for subscriber in self.subscribers):
                await self._tell_vehicles(connection)
                await self._tell_counters(connection)
            else:
                self.picture, self.figures = {}, {}

    def subscribe(self, view: View) -> Subscriber:
        """A new stream; the oldest of an account that has too many open ends."""
        same = [other for other in self.subscribers if other.view.account_id == view.account_id]
        for other in same[: max(0, len(same) + 1 - MOST_STREAMS)]:
            other.close()
        subscriber = Subscriber(view)
        self.subscribers.append(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        self.subscribers.remove(subscriber)

    async def replay(self, connection: Connection, subscriber: Subscriber, after: Cursor) -> None:
        """Offer what the client missed between `after` and where the relay stands."""
        end = await self.position(connection)
        while after < end:
            entries = await repository.outbox_after(connection, after, PAGE)
            for entry in entries:
                if entry.cursor <= end:
                    subscriber.offer(entry)
            if len(entries) < PAGE:
                return
            after = entries[-1].cursor

    async def _tell_changes(self, connection: Connection) -> None:
        entries: list[Entry] = await repository.outbox_after(
            connection, await self.position(connection), PAGE
        )
        for entry in entries:
            for subscriber in self.subscribers:
                subscriber.offer(entry)
            self.cursor = entry.cursor

    async def position(self, connection: Connection) -> Cursor:
        """Up to where the outbox was read; what was committed later is yet to be told."""
        if self.cursor is None:
            self.cursor = await repository.outbox_end(connection)
        return self.cursor

    async def _tell_vehicles(self, connection: Connection) -> None:
        found = await repository.all_vehicles(connection, self.clock.now())
        news = [each for each in found if self.picture.get(each.state.id) != each]
        self.picture = {each.state.id: each for each in found}
        for subscriber in self.subscribers:
            seen = [each.state for each in news if subscriber.view.sees(each)]
            if seen:
                subscriber.offer_vehicles(seen)

    async def _tell_counters(self, connection: Connection) -> None:
        views = {
            subscriber.view.path: subscriber.view
            for subscriber in self.subscribers
            if subscriber.view.watches
        }
        figures = {path: await self._figures(connection, view) for path, view in views.items()}
        for subscriber in self.subscribers:
            told = figures.get(subscriber.view.path)
            if subscriber.view.watches and told and told != self.figures.get(subscriber.view.path):
                subscriber.offer_counters(told)
        self.figures = figures

    async def _figures(self, connection: Connection, view: View) -> Counters:
        now = self.clock.now()
        seen: list[LiveVehicle] = [each.state for each in self.picture.values() if view.sees(each)]
        return counters_of(seen, await repository.counts(connection, view.path, now), now, self.clock.rate)
