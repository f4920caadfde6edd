"""Distance on the ground."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simulators.misconduct.model import Lonlat

EARTH_M = 6_371_000.0
STEP_M = 20.0


def metres(one: Lonlat, other: Lonlat) -> float:
    """Distance as the crow flies between two spots in degrees; exact enough within a town."""
    middle = math.radians((one[1] + other[1]) / 2)
    east = math.radians(other[0] - one[0]) * math.cos(middle)
    return EARTH_M * math.hypot(east, math.radians(other[1] - one[1]))


def spots_between(one: Lonlat, other: Lonlat) -> Iterator[Lonlat]:
    """Spots on the straight line, one end included, about every 20 m."""
    steps = max(1, round(metres(one, other) / STEP_M))
    for step in range(steps):
        share = step / steps
        yield (
            round(one[0] + (other[0] - one[0]) * share, 7),
            round(one[1] + (other[1] - one[1]) * share, 7),
        )
