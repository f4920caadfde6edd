"""A driver at work: reads the next step of the run, drives the car there, and taps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from schemas.api.runs import NextStep, Run, RunStop
from schemas.clock import Clock
from simulators.bots.phone import Phone
from simulators.errors import NoRouteError

log = structlog.get_logger()

ENGINE_OFF_BEYOND = timedelta(minutes=3)
"""Waits longer than this are spent with the engine off."""


class Wheel(Protocol):
    """The car as its driver handles it."""

    def place(self) -> tuple[float, float]: ...

    def odometer_km(self) -> float: ...

    async def drive_to(self, lon: float, lat: float) -> datetime:
        """Drive there along the roads; returns when the car has arrived, with that moment."""

    def engine_off(self, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Habits:
    """How quickly things go: business time."""

    notices_after: timedelta = timedelta(seconds=40)
    boarding: timedelta = timedelta(seconds=90)
    alighting: timedelta = timedelta(seconds=45)
    leaves_early: timedelta = timedelta(minutes=2)


class Driver:
    """Accepts runs when they come, and walks one at a time from leaving to returned."""

    def __init__(self, phone: Phone, clock: Clock, habits: Habits) -> None:
        self._phone = phone
        self._clock = clock
        self._habits = habits

    async def accept(self, run: Run) -> None:
        await asyncio.sleep(self._clock.real_seconds(self._habits.notices_after))
        if run.next_step is not None and run.next_step.action == "accept":
            await self._phone.tap(run, run.next_step, self._clock.now())

    async def carry_out(self, run: Run, wheel: Wheel) -> None:
        """Do every step that remains of `run`; returns when it is over or was taken away."""
        while run.next_step is not None and run.status not in ("returned", "cancelled"):
            await self._wait_until_due(run, run.next_step, wheel)
            reached = await self._go(run, run.next_step, wheel)
            run = await self._phone.tap(
                run, run.next_step, reached, wheel.place(), _reading(run.next_step, wheel)
            )
        wheel.engine_off(self._clock.now())

    async def _wait_until_due(self, run: Run, step: NextStep, wheel: Wheel) -> None:
        stop = _stop(run, step.stop_id)
        due = {
            "depart": run.planned_start - self._habits.leaves_early,
            "board": self._ready_to_leave(stop),
            "alight": (stop.arrived_at if stop and stop.arrived_at else self._clock.now())
            + self._habits.alighting,
        }.get(step.action)
        if due is None:
            return
        if due - self._clock.now() > ENGINE_OFF_BEYOND:
            wheel.engine_off(self._clock.now())
        await self._sleep_until(due)

    def _ready_to_leave(self, stop: RunStop | None) -> datetime | None:
        if stop is None:
            return None
        boarded = (stop.arrived_at or self._clock.now()) + self._habits.boarding
        return max(boarded, stop.planned_departure - timedelta(minutes=1))

    async def _go(self, run: Run, step: NextStep, wheel: Wheel) -> datetime:
        stop = _stop(run, step.stop_id)
        if step.action == "arrive" and stop is not None:
            return await self._drive(wheel, stop.lon, stop.lat)
        if step.action == "return":
            bay = run.stops[-1]
            return await self._drive(wheel, bay.lon, bay.lat)
        return self._clock.now()

    async def _drive(self, wheel: Wheel, lon: float, lat: float) -> datetime:
        try:
            return await wheel.drive_to(lon, lat)
        except NoRouteError as error:
            log.info("already there or no way", error=str(error))
            return self._clock.now()

    async def _sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, self._clock.real_seconds(moment - self._clock.now())))


def _stop(run: Run, stop_id: int | None) -> RunStop | None:
    return next((stop for stop in run.stops if stop.id == stop_id), None)


def _reading(step: NextStep, wheel: Wheel) -> float | None:
    """The odometer is read when the run leaves and when it is back, km."""
    return round(wheel.odometer_km(), 1) if step.action in ("depart", "return") else None
