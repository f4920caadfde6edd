"""The one clock (DESIGN §1): real, or simulated with a start and a rate shared by all processes of a run.

Business time comes from here and nowhere else. Sessions, leases, time-outs and process supervision
use real time.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""What screens show and calendars count in; storage is UTC."""


class ClockError(ValueError):
    """The clock specification cannot be read."""


class Clock(Protocol):
    @property
    def rate(self) -> float:
        """Seconds of business time in a real second."""

    def now(self) -> datetime:
        """Business time, aware, UTC."""

    def real_seconds(self, business: timedelta) -> float:
        """How long `business` takes in real seconds."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    rate: float = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real_seconds(self, business: timedelta) -> float:
        return business.total_seconds()


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """At the real moment `anchor` (Unix seconds) business time was `start`; it runs `rate` times as fast."""

    start: datetime
    anchor: float
    rate: float

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.anchor) * self.rate)

    def real_seconds(self, business: timedelta) -> float:
        return business.total_seconds() / self.rate

    def specification(self) -> str:
        """The value of `MOTORPOOL_CLOCK` that gives another process this very clock."""
        return f"simulated,{self.start.isoformat()},{self.anchor!r},{self.rate!r}"


@dataclass(slots=True)
class FixedClock:
    """Stands still until it is told to move: for pure passes "as of" a moment, and for tests."""

    instant: datetime
    rate: float = 1.0

    def now(self) -> datetime:
        return self.instant

    def real_seconds(self, business: timedelta) -> float:
        return business.total_seconds()


def read_clock(specification: str) -> Clock:
    """Parse `MOTORPOOL_CLOCK`: `real`, or `simulated,<start ISO 8601>,<anchor Unix seconds>,<rate>`.

    Raises ClockError naming the part that is wrong.
    """
    if specification == "real":
        return SystemClock()
    parts = specification.split(",")
    if len(parts) != 4 or parts[0] != "simulated":
        raise ClockError(
            f"MOTORPOOL_CLOCK is {specification!r}: write 'real' or 'simulated,<start>,<anchor>,<rate>'"
        )
    try:
        start, anchor, rate = datetime.fromisoformat(parts[1]), float(parts[2]), float(parts[3])
    except ValueError as error:
        raise ClockError(f"MOTORPOOL_CLOCK is {specification!r}: {error}") from error
    if start.tzinfo is None or rate <= 0:
        raise ClockError(
            f"MOTORPOOL_CLOCK is {specification!r}: the start needs a UTC offset, the rate must be positive"
        )
    return SimulatedClock(start.astimezone(UTC), anchor, rate)


async def sleep(clock: Clock, business: timedelta) -> None:
    """Sleep for `business` time."""
    await asyncio.sleep(clock.real_seconds(business))
