"""Distance on the ground."""

from __future__ import annotations

import math

from simulators.misconduct.model import Lonlat

EARTH_M = 6_371_000.0


def metres(one: Lonlat, other: Lonlat) -> float:
    """Distance as the crow flies between two spots in degrees; exact enough within a town."""
    middle = math.radians((one[1] + other[1]) / 2)
    east = math.radians(other[0] - one[0]) * math.cos(middle)
    return EARTH_M * math.hypot(east, math.radians(other[1] - one[1]))
