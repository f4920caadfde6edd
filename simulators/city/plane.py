"""The drawing plane: a city is drawn on a straight grid in metres, then bent and tilted onto the globe.

Working on the straight grid keeps every step simple (a rectangle is a rectangle); the bend makes streets and
houses follow each other's curves, as they do in a grown city.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .model import Lonlat

Metres = npt.NDArray[np.float64]

METRES_PER_DEGREE_LAT = 110_970.0
METRES_PER_DEGREE_LON_AT_EQUATOR = 111_320.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Maps drawing metres (east, north of the centre) to WGS-84 degrees."""

    lon: float = 117.9
    lat: float = 36.6
    tilt_degrees: float = 6.0

    def bend(self, at: Metres) -> Metres:
        """Bend and tilt drawing metres, shape (n, 2), into true local metres."""
        p, q = at[:, 0], at[:, 1]
        x = p + 95 * np.sin(q / 1750 + 0.6) + 38 * np.sin(p / 1400 + q / 900) + 11 * np.sin(q / 340 + p / 900)
        y = (
            q
            + 115 * np.sin(p / 2150 + 0.4)
            + 42 * np.sin(q / 1200 - p / 1000)
            + 11 * np.sin(p / 360 - q / 800)
        )
        tilt = math.radians(self.tilt_degrees)
        return np.column_stack(
            (x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt))
        )

    def lonlats(self, at: Sequence[tuple[float, float]] | Metres) -> list[Lonlat]:
        """Degrees of drawing points, rounded to the seven decimals OpenStreetMap stores."""
        if len(at) == 0:
            return []
        local = self.bend(np.asarray(at, dtype=np.float64))
        lon = self.lon + local[:, 0] / (METRES_PER_DEGREE_LON_AT_EQUATOR * math.cos(math.radians(self.lat)))
        lat = self.lat + local[:, 1] / METRES_PER_DEGREE_LAT
        return list(zip(np.round(lon, 7).tolist(), np.round(lat, 7).tolist(), strict=True))
