"""What a satellite receiver makes of the truth: correlated noise, canyon jumps, tunnels, parked drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, exp, radians, sqrt

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import LineString, Polygon

from simulators.terminals.car import Truth

METRES_PER_DEGREE = 111_320.0
TUNNEL_HALF_WIDTH_M = 22.0
CORRELATION_S = 45.0


@dataclass(frozen=True, slots=True)
class Sight:
    """How well satellites are seen somewhere."""

    noise_m: float
    jump_share: float
    satellites: tuple[int, int]
    hdop: tuple[float, float]


OPEN_SKY = Sight(2.2, 0.0, (9, 16), (0.6, 1.1))
CANYON = Sight(7.0, 0.03, (4, 8), (1.8, 4.5))


@dataclass(frozen=True, slots=True)
class Reading:
    """A fix as the receiver puts it out."""

    lon: float
    lat: float
    speed_kmh: float
    heading_deg: float
    fixed: bool
    satellites: int
    hdop: float


class Sky:
    """Where the city hides the satellites."""

    def __init__(
        self,
        tunnels: Sequence[Sequence[tuple[float, float]]],
        canyons: Sequence[Sequence[tuple[float, float]]],
    ) -> None:
        width = TUNNEL_HALF_WIDTH_M / METRES_PER_DEGREE
        self._tunnels = STRtree([LineString(line).buffer(width) for line in tunnels])
        self._canyons = STRtree([Polygon(ring) for ring in canyons])

    def covered(self, lon: float, lat: float) -> bool:
        return len(self._tunnels.query(shapely.points(lon, lat), predicate="within")) > 0

    def sight(self, lon: float, lat: float) -> Sight:
        hit = self._canyons.query(shapely.points(lon, lat), predicate="within")
        return CANYON if len(hit) else OPEN_SKY


class Receiver:
    """One receiver; its error wanders slowly rather than jumping with every fix."""

    def __init__(self, sky: Sky, random: np.random.Generator) -> None:
        self._sky = sky
        self._random = random
        self._east = self._north = 0.0
        self._last_at: datetime | None = None
        self._last_fix: tuple[float, float] | None = None

    def read(self, truth: Truth, at: datetime) -> Reading:
        if self._sky.covered(truth.lon, truth.lat):
            lon, lat = self._last_fix or (truth.lon, truth.lat)
            return Reading(lon, lat, 0.0, truth.heading_deg, False, int(self._random.integers(0, 3)), 50.0)
        sight = self._sky.sight(truth.lon, truth.lat)
        east, north = self._wander(sight.noise_m, at)
        if truth.ignition and self._random.random() < sight.jump_share:
            angle, far = self._random.uniform(0, 2 * np.pi), self._random.uniform(90, 320)
            east, north = east + far * np.cos(angle), north + far * np.sin(angle)
        lon = truth.lon + east / (METRES_PER_DEGREE * cos(radians(truth.lat)))
        lat = truth.lat + north / METRES_PER_DEGREE
        self._last_fix = (lon, lat)
        moving = truth.speed_kmh > 1.0
        speed = max(0.0, truth.speed_kmh + self._random.normal(0, 0.6)) if moving else 0.0
        return Reading(
            float(lon),
            float(lat),
            float(speed),
            truth.heading_deg % 360,
            True,
            int(self._random.integers(*sight.satellites, endpoint=True)),
            float(self._random.uniform(*sight.hdop)),
        )

    def _wander(self, noise_m: float, at: datetime) -> tuple[float, float]:
        elapsed = (at - self._last_at).total_seconds() if self._last_at else CORRELATION_S * 10
        self._last_at = at
        keep = exp(-max(elapsed, 0.0) / CORRELATION_S)
        fresh = noise_m * sqrt(1 - keep * keep)
        self._east = keep * self._east + fresh * self._random.normal()
        self._north = keep * self._north + fresh * self._random.normal()
        return self._east, self._north
