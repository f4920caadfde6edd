"""Made-up drives: fixes of a car that parks, drives, waits, loses its signal, and of receivers that err."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import cos, radians, sin
from random import Random

from fleet.supervision.geometry import Spot
from fleet.supervision.tracks import Fix

METRE = 1 / 111_195
"""Degrees of latitude; longitudes are stretched by the cosine."""
BAY: Spot = (117.0, 36.65)
MORNING = datetime(2026, 3, 11, 0, 0, tzinfo=UTC)  # Wednesday, 08:00 in Asia/Shanghai


def moved(spot: Spot, east_m: float, north_m: float) -> Spot:
    return spot[0] + east_m * METRE / cos(radians(spot[1])), spot[1] + north_m * METRE


@dataclass
class Drive:
    """Writes down what a terminal would report. Time goes on with every call; each returns self."""

    time: datetime = MORNING
    spot: Spot = BAY
    wired: bool = True
    noise_m: float = 3.0
    interval_s: int = 10
    seed: int = 1
    fixes: list[Fix] = field(default_factory=list)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def park(self, minutes: float, interval_s: int = 300) -> Drive:
        """Engine off; a heartbeat now and then."""
        end = self.time + timedelta(minutes=minutes)
        while self.time < end:
            self._report(0.0, engine=False)
            self.time = min(end, self.time + timedelta(seconds=interval_s))
        return self

    def idle(self, seconds: int) -> Drive:
        for _ in range(max(1, seconds // self.interval_s)):
            self._report(0.0, engine=True)
            self._tick()
        return self

    def drive(self, metres: float, kmh: float, heading_deg: float = 0.0) -> Drive:
        """In a straight line, heading from north clockwise."""
        step = kmh / 3.6 * self.interval_s
        for _ in range(max(2, round(metres / step))):
            self.spot = moved(self.spot, step * sin(radians(heading_deg)), step * cos(radians(heading_deg)))
            self._report(kmh, engine=True, heading=heading_deg)
            self._tick()
        return self

    def silent(self, minutes: float, metres: float = 0.0, heading_deg: float = 0.0) -> Drive:
        """No signal; afterwards the car is `metres` away."""
        self.time += timedelta(minutes=minutes)
        self.spot = moved(self.spot, metres * sin(radians(heading_deg)), metres * cos(radians(heading_deg)))
        return self

    def stray(self, metres: float, heading_deg: float = 90.0, engine: bool = True, kmh: float = 0.0) -> Drive:
        """One fix far off the truth."""
        truth = self.spot
        self.silent(0, metres, heading_deg)
        self._report(kmh, engine=engine)
        self._tick()
        self.spot = truth
        return self

    def unfixed(self, count: int) -> Drive:
        for _ in range(count):
            self._report(0.0, engine=True)
            self.fixes[-1] = replace(self.fixes[-1], fixed=False)
            self._tick()
        return self

    def _tick(self) -> None:
        self.time += timedelta(seconds=self.interval_s)

    def _report(self, kmh: float, *, engine: bool, heading: float = 0.0) -> None:
        lon, lat = moved(self.spot, self._random.gauss(0, self.noise_m), self._random.gauss(0, self.noise_m))
        self.fixes.append(
            Fix(
                time=self.time,
                digest=self._random.getrandbits(48),
                lon=lon,
                lat=lat,
                speed_kmh=max(0.0, kmh + (self._random.gauss(0, 1) if kmh else 0.0)),
                received_at=self.time + timedelta(seconds=1),
                terminal_id=1,
                heading_deg=heading,
                ignition=engine if self.wired else None,
                satellites=12,
            )
        )
