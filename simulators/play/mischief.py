"""Plays the scripted acts: cars taken without any order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from schemas.clock import Clock
from simulators.errors import SimulatorError
from simulators.misconduct import (
    COVERED_BEFORE,
    Act,
    Leg,
    LegTimes,
    act_truth,
    covered_after,
    covered_truth,
    write_truth,
)
from simulators.play.crew import Crew
from simulators.play.diary import Diary
from simulators.play.garage import Garage, UnitWheel
from simulators.play.manners import Manners
from simulators.terminals.drive import Style

GIVES_UP_AFTER = timedelta(minutes=40)
"""An act kept from beginning for longer, by a run of its car or an outage of the play, is left out."""

log = structlog.get_logger()


class Mischief:
    """Starts each act at its moment, once."""

    def __init__(
        self, acts: Sequence[Act], garage: Garage, crew: Crew, manners: Manners, clock: Clock, diary: Diary
    ) -> None:
        self._waiting = sorted(acts, key=lambda act: act.starts_at)
        self._garage = garage
        self._crew = crew
        self._manners = manners
        self._clock = clock
        self._diary = diary
        self._tasks: set[asyncio.Task[None]] = set()

    async def tick(self) -> None:
        while self._waiting and self._waiting[0].starts_at <= self._clock.now():
            act = self._waiting.pop(0)
            self._diary.note_played(act.code)
            task = asyncio.create_task(self._play(act))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _play(self, act: Act) -> None:
        async with self._crew.car(act.plate):
            if self._clock.now() - act.starts_at > GIVES_UP_AFTER:
                log.info("act not played, the car was busy", act=act.code, plate=act.plate)
                return
            self._manners.car_leaves(act.plate)
            try:
                times = [await self._drive(act.plate, leg) for leg in act.legs]
            except SimulatorError as error:
                log.warning("act broken off", act=act.code, reason=str(error))
                return
        await self._tell(act, times)

    async def _tell(self, act: Act, times: Sequence[LegTimes]) -> None:
        """Write down what happened, once it is known whether an order came close enough to cover it."""
        known_at = times[-1].arrived_at + covered_after(act)
        await self._sleep_until(known_at)
        lines = act_truth(act, times)
        if self._crew.is_ordered(act.plate, times[0].departed_at - COVERED_BEFORE, known_at):
            lines = covered_truth(lines)
        write_truth(self._diary.truth, lines)

    async def _drive(self, plate: str, leg: Leg) -> LegTimes:
        wheel = self._garage.wheel(plate, Style(leg.share_of_limit))
        arrived = await wheel.drive_through([*leg.via, (leg.lon, leg.lat)])
        wheel.engine_off(arrived + timedelta(seconds=20))
        return LegTimes(wheel.driven[0].departed_at, arrived, await self._stay(wheel, arrived, leg.stay))

    async def _stay(self, wheel: UnitWheel, arrived: datetime, stay: timedelta | None) -> datetime | None:
        if stay is None:
            return None
        await self._sleep_until(arrived + stay)
        return self._clock.now()

    async def _sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, self._clock.real_seconds(moment - self._clock.now())))
