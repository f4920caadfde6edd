"""Every driver of the pool: who has which run, whose car is busy, who starts when."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from schemas.api.runs import Run
from schemas.clock import SHANGHAI, Clock
from simulators.bots.driver import Driver, Habits
from simulators.bots.office import Desk, RefusedError
from simulators.bots.phone import Phone
from simulators.play.manners import Manners

LEAD = timedelta(minutes=6)
"""A driver goes to the car this long before the run starts."""

log = structlog.get_logger()


class Crew:
    """Watches the day's runs and sets drivers to work, one run at a time for each driver and each car.

    `desks` and `lent` (how long a phone is left to a person) go by the driver's name.
    """

    def __init__(
        self,
        watch: Desk,
        desks: Mapping[str, Desk],
        manners: Manners,
        clock: Clock,
        lent: Mapping[str, timedelta],
    ) -> None:
        self._watch = watch
        self._drivers = {
            name: Driver(Phone(desk, clock, lent.get(name, timedelta(0))), clock, Habits())
            for name, desk in desks.items()
        }
        self._manners = manners
        self._clock = clock
        self._at_work: dict[str, asyncio.Lock] = {}  # by the driver's name
        self._busy: dict[str, asyncio.Lock] = {}  # by the car's plate
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._seen: dict[int, Run] = {}

    def car(self, plate: str) -> asyncio.Lock:
        """Held by whoever drives the car."""
        return self._busy.setdefault(plate, asyncio.Lock())

    def is_ordered(self, plate: str, since: datetime, until: datetime) -> bool:
        """Whether a run of the car, as it was last seen, touches the span."""
        return any(
            run.plate == plate
            and run.status != "cancelled"
            and run.planned_start <= until
            and (run.expected_end or run.planned_end) >= since
            for run in self._seen.values()
        )

    async def tick(self) -> None:
        now = self._clock.now()
        runs = await self._watch.get("/runs", list[Run], on=now.astimezone(SHANGHAI).date().isoformat())
        self._seen |= {run.id: run for run in runs}
        for run in sorted(runs, key=lambda run: run.planned_start):
            if run.status == "dispatched":
                self._start("accept", run, self._drivers[run.driver].accept(run))
            elif run.status in ("accepted", "under_way") and run.planned_start - LEAD <= now:
                self._start("drive", run, self._drive(run))

    async def _drive(self, run: Run) -> None:
        async with self._at_work.setdefault(run.driver, asyncio.Lock()), self.car(run.plate):
            current = await self._watch.get(f"/runs/{run.id}", Run)
            wheel = self._manners.take_over(current)
            await self._drivers[current.driver].carry_out(wheel.run, wheel)
            self._manners.hand_back(wheel)

    def _start(self, what: str, run: Run, work: Coroutine[Any, Any, None]) -> None:
        key = (what, run.id)
        running = self._tasks.get(key)
        if running is not None and not running.done():
            work.close()
            return
        self._tasks[key] = asyncio.create_task(self._survive(run, work))

    async def _survive(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        """A refusal or an outage ends this attempt; the next tick reads the run again and goes on."""
        try:
            await work
        except RefusedError as refusal:
            log.info("step refused", run=run.number, reason=str(refusal))
            await asyncio.sleep(1)
        except httpx.TransportError as error:
            log.info("product not reachable", run=run.number, error=type(error).__name__)
            await asyncio.sleep(1)
