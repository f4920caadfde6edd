"""Distances on the ground; WGS-84 degrees in, metres out."""

from __future__ import annotations

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from statistics import median

EARTH_RADIUS_M = 6_371_008.8

Spot = tuple[float, float]
"""Longitude and latitude, WGS-84 degrees."""


def distance_m(a: Spot, b: Spot) -> float:
    """Great-circle distance in metres."""
    half_lat = radians(b[1] - a[1]) / 2
    half_lon = radians(b[0] - a[0]) / 2
    chord = sin(half_lat) ** 2 + cos(radians(a[1])) * cos(radians(b[1])) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord)))


def middle(spots: Iterable[Spot]) -> Spot:
    """Median of longitudes and of latitudes: one stray fix does not move it."""
    lons, lats = zip(*spots, strict=True)
    return median(lons), median(lats)
