"""What a vehicle did in a minute: pure, from its fixes. The one definition of these figures (DESIGN 4.8).

    fixes          fixes taken in the minute, with or without a satellite solution
    max_speed_kmh  the highest speed among those with a solution; avg_speed_kmh the mean of them; none: null
    moving_s       seconds between two fixes with a solution of which one reports at least MOVING_KMH
    km             the way between these two fixes, great circle
    ignition_s     seconds between two fixes of which the earlier one says that the ignition is on

Seconds and way between two fixes belong to the minutes they lie in, in proportion. Two fixes further apart
than LONGEST_GAP say nothing about the time between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.history.fixes import microseconds, moment

MINUTE_US = 60_000_000
MOVING_KMH = 3.0
LONGEST_GAP = timedelta(minutes=10)
"""Twice the interval expected of a parked terminal."""
EARTH_RADIUS_KM = 6_371.0088

COLUMNS = ("time", "terminal_id", "digest", "lon", "lat", "speed_kmh", "ignition", "fixed")
TIME, LON, LAT, SPEED, IGNITION, FIXED = (COLUMNS.index(n) for n in ("time", *COLUMNS[3:]))

Integers = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Minute:
    """A row of `vehicle_minute` without its vehicle. Seconds, km, km/h."""

    minute: datetime
    fixes: int
    moving_s: float
    ignition_s: float
    km: float
    max_speed_kmh: float | None
    avg_speed_kmh: float | None


@dataclass(frozen=True, slots=True)
class _Stretches:
    """From one fix to the next: microseconds since 1970, km."""

    start: Integers
    end: Integers
    km: Doubles
    moving: NDArray[np.bool_]
    ignition: NDArray[np.bool_]

    @property
    def seconds(self) -> Doubles:
        return (self.end - self.start) / 1_000_000.0


@dataclass(frozen=True, slots=True)
class _Span:
    """Minutes that are asked for, numbered since 1970."""

    first: int
    count: int

    def sums(self, minute: Integers, amounts: Doubles) -> Doubles:
        """Of the amounts of each minute; what lies outside is left out."""
        inside = (minute >= self.first) & (minute < self.first + self.count)
        return np.bincount(minute[inside] - self.first, amounts[inside], self.count).astype(np.float64)

    def highest(self, minute: Integers, amounts: Doubles) -> Doubles:
        found = np.full(self.count, -np.inf)
        inside = (minute >= self.first) & (minute < self.first + self.count)
        np.maximum.at(found, minute[inside] - self.first, amounts[inside])
        return found

    def spread(self, over: _Stretches, chosen: NDArray[np.bool_], amounts: Doubles) -> Doubles:
        """Of the chosen stretches, each amount shared among the minutes in proportion to its time in them."""
        start, end, amounts = over.start[chosen], over.end[chosen], amounts[chosen]
        touched = (end - 1) // MINUTE_US - start // MINUTE_US + 1
        begins = np.cumsum(touched) - touched
        minute = (
            np.repeat(start // MINUTE_US, touched) + np.arange(touched.sum()) - np.repeat(begins, touched)
        )
        low = np.maximum(np.repeat(start, touched), minute * MINUTE_US)
        high = np.minimum(np.repeat(end, touched), (minute + 1) * MINUTE_US)
        share = (high - low) / np.repeat(end - start, touched)
        return self.sums(minute, np.repeat(amounts, touched) * share)


def minutes(rows: Sequence[Sequence[Any]], since: datetime, until: datetime) -> list[Minute]:
    """The minutes in [since, until) of which `rows` (values of COLUMNS, in order of time) say something.

    To be complete, the rows must begin and end LONGEST_GAP outside.
    """
    if not rows:
        return []
    first = microseconds(since) // MINUTE_US
    span = _Span(first, -(-microseconds(until) // MINUTE_US) - first)
    solved = [row for row in rows if row[FIXED]]
    every, driven = _stretches(rows), _stretches(solved)
    taken, seen = _minute(rows), _minute(solved)
    speeds = _doubles(solved, SPEED)
    fixes = span.sums(taken, np.ones(len(taken)))
    counted, speed_sum = span.sums(seen, np.ones(len(seen))), span.sums(seen, speeds)
    fastest = span.highest(seen, speeds)
    moving_s = span.spread(driven, driven.moving, driven.seconds)
    km = span.spread(driven, driven.moving, driven.km)
    ignition_s = span.spread(every, every.ignition, every.seconds)
    return [
        Minute(
            minute=moment((first + index) * MINUTE_US),
            fixes=int(fixes[index]),
            moving_s=round(float(moving_s[index]), 3),
            ignition_s=round(float(ignition_s[index]), 3),
            km=round(float(km[index]), 6),
            max_speed_kmh=float(fastest[index]) if counted[index] else None,
            avg_speed_kmh=round(float(speed_sum[index] / counted[index]), 3) if counted[index] else None,
        )
        for index in np.flatnonzero((fixes > 0) | (moving_s > 0) | (ignition_s > 0)).tolist()
    ]


def _stretches(rows: Sequence[Sequence[Any]]) -> _Stretches:
    """Between neighbours that are not further apart than LONGEST_GAP."""
    times = np.array([microseconds(row[TIME]) for row in rows], np.int64)
    speed = _doubles(rows, SPEED)
    on = np.array([row[IGNITION] is True for row in rows], np.bool_)
    length = np.diff(times)
    close = (length > 0) & (length <= LONGEST_GAP // timedelta(microseconds=1))
    return _Stretches(
        start=times[:-1][close],
        end=times[1:][close],
        km=_ways_km(_doubles(rows, LON), _doubles(rows, LAT))[close],
        moving=((speed[1:] >= MOVING_KMH) | (speed[:-1] >= MOVING_KMH))[close],
        ignition=on[:-1][close],
    )


def _ways_km(lon: Doubles, lat: Doubles) -> Doubles:
    """Great circles between neighbours (haversine)."""
    east, north = np.radians(np.diff(lon)), np.radians(np.diff(lat))
    cosines = np.cos(np.radians(lat))
    half = np.sin(north / 2) ** 2 + cosines[1:] * cosines[:-1] * np.sin(east / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))


def _minute(rows: Sequence[Sequence[Any]]) -> Integers:
    return np.array([microseconds(row[TIME]) // MINUTE_US for row in rows], np.int64)


def _doubles(rows: Sequence[Sequence[Any]], place: int) -> Doubles:
    return np.array([row[place] for row in rows], np.float64)
