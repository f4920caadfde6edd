"""Dead reckoning: where speed and heading say that a car went. The rest is small.

Integers out, and nothing but sums, products and divisions of IEEE doubles on the way: every machine reckons
the same, which a library's sine does not promise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fleet.history.columns import Integers
from fleet.history.fixes import Fixes

METRES_PER_DEGREE = 111_320.0
LONGEST_STEP_S = 300.0
"""Over a longer gap nobody knows; the car is taken to stand still."""
FASTEST_KMH = 500.0

Doubles = NDArray[np.float64]


def northward(fixes: Fixes, places: int) -> Integers:
    """Latitude since the first fix, in units of 10**-places degrees."""
    north = _way_m(fixes, _cosine(_heading(fixes))) / METRES_PER_DEGREE
    return _sum(north, places)


def eastward(fixes: Fixes, places: int) -> Integers:
    """Longitude since the first fix, in units of 10**-places degrees, on the parallel of that fix."""
    latitude = np.clip(np.nan_to_num(fixes["lat"][:1]), -85.0, 85.0)
    east = _way_m(fixes, _cosine(_heading(fixes) - 90.0)) / (METRES_PER_DEGREE * _cosine(latitude))
    return _sum(east, places)


def driven(fixes: Fixes, places: int) -> Integers:
    """Way since the first fix, in units of 10**-places km."""
    return _sum(_way_m(fixes, np.ones(len(fixes))) / 1000.0, places)


def _way_m(fixes: Fixes, share: Doubles) -> Doubles:
    """Metres from each fix to the next in a direction: the mean of both speeds, `share` of it that way."""
    speed = np.clip(np.nan_to_num(fixes["speed_kmh"].astype(np.float64)), 0.0, FASTEST_KMH) * share
    seconds = np.diff(fixes["time"]) / 1_000_000.0
    seconds[(seconds < 0) | (seconds > LONGEST_STEP_S)] = 0.0
    return (speed[1:] + speed[:-1]) / 7.2 * seconds


def _heading(fixes: Fixes) -> Doubles:
    return np.clip(np.nan_to_num(fixes["heading_deg"].astype(np.float64)), 0.0, 360.0)


def _sum(steps: Doubles, places: int) -> Integers:
    return np.concatenate([[0], np.cumsum(np.rint(steps * 10.0**places).astype(np.int64))])


def _cosine(degrees: Doubles) -> Doubles:
    """Good to 1e-5, by Taylor in the first half of a right angle."""
    turned = np.abs(degrees) % 360.0
    folded = np.where(turned > 180.0, 360.0 - turned, turned)
    sign = np.where(folded > 90.0, -1.0, 1.0)
    acute = np.where(folded > 90.0, 180.0 - folded, folded)
    small = acute <= 45.0
    x = np.where(small, acute, 90.0 - acute) * (3.141592653589793 / 180.0)
    y = x * x
    cosine = 1.0 - y / 2.0 * (1.0 - y / 12.0 * (1.0 - y / 30.0))
    sine = x * (1.0 - y / 6.0 * (1.0 - y / 20.0 * (1.0 - y / 42.0)))
    return sign * np.where(small, cosine, sine)
