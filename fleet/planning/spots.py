"""Places as travel times know them: rounded to about 10 m, so that the same door is the same spot."""

from __future__ import annotations

import math
from typing import NamedTuple, Self

EARTH_RADIUS_M = 6_371_008.8


class Spot(NamedTuple):
    """Longitude and latitude (WGS-84) in ten-thousandths of a degree."""

    lon_e4: int
    lat_e4: int

    @classmethod
    def at(cls, lon: float, lat: float) -> Self:
        return cls(round(lon * 10_000), round(lat * 10_000))

    @property
    def lon(self) -> float:
        return self.lon_e4 / 10_000

    @property
    def lat(self) -> float:
        return self.lat_e4 / 10_000

    @property
    def key(self) -> str:
        """How the spot is named in the travel_time table."""
        return f"{self.lon:.4f},{self.lat:.4f}"

    @classmethod
    def of_key(cls, key: str) -> Self:
        lon, lat = key.split(",")
        return cls.at(float(lon), float(lat))


def straight_m(a: Spot, b: Spot) -> float:
    """Great-circle distance in metres."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))
