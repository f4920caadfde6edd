"""The process `motorpool supervise`: takes in what changed and brings vehicle after vehicle up to date.

It survives a restart of the database and of Valhalla: what it could not do stays in the work table.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg
import httpx
import structlog

from fleet.database import AWAY, Pool, open_pool
from fleet.supervision.errors import FencedError
from fleet.supervision.matching import RoadMatcher
from fleet.supervision.repository import work
from fleet.supervision.service import supervise
from fleet.supervision.settings import SupervisionSettings
from schemas.clock import Clock

log = structlog.get_logger()

CHANGES_AT_ONCE = 100
AFTER_FAILURE_S = 30.0
RECONNECT_S = 1.0


@dataclass(slots=True)
class Supervisor:
    """Works off what is waiting; `clock` gives business time."""

    pool: Pool
    matcher: RoadMatcher
    clock: Clock
    settings: SupervisionSettings
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stopping` is set."""
        while not self.stopping.is_set():
            try:
                busy = await self.round()
            except (OSError, *AWAY, asyncpg.PostgresError) as error:
                log.warning("database did not do it; trying again", error=str(error))
                await self._pause(RECONNECT_S)
                continue
            if not busy:
                await self._pause(self.settings.supervision_poll_s)

    async def round(self) -> bool:
        """Take in changes and handle one batch of vehicles; False when nothing was waiting."""
        async with self.pool.acquire() as connection:
            await work.start_cursor(connection)
            taken = await work.take_in_changes(connection, CHANGES_AT_ONCE)
            items = await work.claim(
                connection,
                self.clock.now(),
                self.settings.supervision_batch,
                self.settings.supervision_lease_s,
            )
        for item in items:
            if self.stopping.is_set():
                await self._leave(item, 0)
            else:
                await self._handle(item)
        return bool(taken or items)

    async def _handle(self, item: work.Work) -> None:
        try:
            await supervise(self.pool, self.matcher, item, self.clock.now(), self.settings.supervision_rest_s)
        except FencedError as error:
            log.info("vehicle left to another process", vehicle=item.vehicle_id, reason=error.detail)
        except (OSError, *AWAY):
            raise
        except Exception:
            log.exception("vehicle could not be supervised", vehicle=item.vehicle_id)
            await self._leave(item, AFTER_FAILURE_S)

    async def _leave(self, item: work.Work, seconds: float) -> None:
        async with self.pool.acquire() as connection:
            await work.postpone(connection, item, seconds)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


async def run(settings: SupervisionSettings) -> None:
    """Run until SIGTERM or SIGINT; then finish the vehicle at hand."""
    pool = await open_pool(settings, "supervise")
    async with httpx.AsyncClient(base_url=settings.valhalla_url) as client:
        supervisor = Supervisor(pool, RoadMatcher(client), settings.the_clock, settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stopping.set)
        log.info("supervising", clock=settings.clock)
        await supervisor.run()
    with suppress(TimeoutError):
        await asyncio.wait_for(pool.close(), 5)
