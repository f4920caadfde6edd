"""A driver's phone. Whoever taps on it holds it: a person, or, when nobody does, the simulated driver."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from schemas.api.runs import NextStep, Run, Step
from schemas.clock import Clock
from simulators.bots.office import Desk

LOOK_EVERY_S = 0.3
ACCEPTS_WITHIN = timedelta(minutes=8)
"""However long a person may take: after ten minutes the run would go to somebody else."""


class Phone:
    """Taps the steps of a run, unless a person does.

    `lent_for` (business time): how long the driver leaves the phone to a person before a run is accepted,
    and at every step once a person has tapped. The first tap a person does not make hands it back.
    """

    def __init__(self, desk: Desk, clock: Clock, lent_for: timedelta) -> None:
        self._desk = desk
        self._clock = clock
        self._lent_for = lent_for
        self._own: dict[int, int] = {}  # taps of each run up to the last one that no person made

    async def tap(
        self,
        run: Run,
        step: NextStep,
        at: datetime,
        place: tuple[float, float] | None = None,
        odometer_km: float | None = None,
    ) -> Run:
        """The run after the step, whoever tapped it, or as it is now if the step is no longer due."""
        moved_on = await self._watch(run.id, step)
        if moved_on is not None:
            return moved_on
        lon, lat = place or (None, None)
        tap = Step(
            idempotency_key=uuid4(),
            action=step.action,
            stop_id=step.stop_id,
            occurred_at=at,
            lon=lon,
            lat=lat,
            odometer_km=odometer_km,
        )
        tapped = await self._desk.post(f"/runs/{run.id}/steps", Run, tap)
        self._own[run.id] = _taps(tapped)
        return tapped

    async def _watch(self, run_id: int, step: NextStep) -> Run | None:
        """The run once the step is no longer due; None if nobody tapped in time."""
        since = self._clock.now()
        while True:
            current = await self._desk.get(f"/runs/{run_id}", Run)
            if current.next_step != step or current.status == "cancelled":
                return current
            if self._clock.now() >= since + self._patience(current, step):
                return None
            await asyncio.sleep(LOOK_EVERY_S)

    def _patience(self, run: Run, step: NextStep) -> timedelta:
        if step.action == "accept":
            return min(self._lent_for, ACCEPTS_WITHIN)
        in_a_persons_hand = _taps(run) > self._own.get(run.id, 0)
        return self._lent_for if in_a_persons_hand else timedelta(0)


def _taps(run: Run) -> int:
    """How many steps a driver has told; a run that was cancelled or replanned is not further for that."""
    accepted = run.status in ("accepted", "under_way", "returned")
    departed = run.status in ("under_way", "returned")
    at_stops = sum(moment is not None for stop in run.stops for moment in (stop.arrived_at, stop.departed_at))
    return accepted + departed + at_stops
