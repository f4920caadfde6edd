"""Tracks that look like those of a motor pool, for measurements: streets, noise, radio delays.

Figures as the simulated terminals have them: 1e-6 degrees, 0.1 km/h, whole degrees, 10 m of odometer, a fix
every `interval_s` while driving and every 300 s while parked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.history.digest import content_digests
from fleet.history.fixes import FIX, Fixes, in_order

METRES_PER_DEGREE = 111_320.0
CORRELATION_S = 45.0
NOISE_M = 2.2
SKY_HOLDS_S = 30.0
PARKED_S = 300.0
DRIVES = (2.0, 4.0)
"""Fewest and most hours of driving on a day (DOMAIN: about three)."""


@dataclass(frozen=True, slots=True)
class Way:
    """The true motion at every second of a drive."""

    east_m: NDArray[np.float64]
    north_m: NDArray[np.float64]
    speed_ms: NDArray[np.float64]
    heading_deg: NDArray[np.float64]


def day(random: np.random.Generator, start_us: int, interval_s: float) -> Fixes:
    """A day of one terminal from `start_us` (microseconds since 1970): drives, and standing between them."""
    moving = np.zeros(86_400, np.bool_)
    east, north = np.zeros(86_400), np.zeros(86_400)
    speed, heading = np.zeros(86_400), np.zeros(86_400)
    second = int(random.uniform(0, 8 * 3600))
    left = random.uniform(*DRIVES) * 3600
    x = y = facing = 0.0
    while left > 0 and second < 80_000:
        way = drive(random, int(random.uniform(600, 3600)))
        span = slice(second, min(second + len(way.speed_ms), 86_400))
        length = span.stop - span.start
        moving[span] = True
        east[span], north[span] = x + way.east_m[:length], y + way.north_m[:length]
        speed[span], heading[span] = way.speed_ms[:length], way.heading_deg[:length]
        x, y, facing = east[span.stop - 1], north[span.stop - 1], heading[span.stop - 1]
        east[span.stop :], north[span.stop :], heading[span.stop :] = x, y, facing
        left -= length
        second = span.stop + int(random.uniform(600, 7200))
    return _reported(random, start_us, interval_s, moving, Way(east, north, speed, heading))


def drive(random: np.random.Generator, seconds: int) -> Way:
    """Along a grid of streets: limits, corners taken slowly, red lights, gentle bends in between."""
    speed, heading = np.zeros(seconds), np.zeros(seconds)
    v, h, to_corner, limit, wait = 0.0, float(random.integers(0, 4) * 90 + 7), 200.0, 13.0, 0
    bend = 0.0
    for second in range(seconds):
        if to_corner <= 0:
            to_corner, limit = float(random.uniform(120, 900)), float(random.choice([8.0, 11.0, 15.0, 20.0]))
            turn = random.random()
            h += 90 if turn < 0.25 else -90 if turn < 0.5 else 0
            wait = int(random.uniform(6, 35)) if random.random() < 0.25 else 0
            bend = float(random.normal(0, 0.15))
        slow = max(3.0, (2 * 1.9 * max(to_corner, 0)) ** 0.5) if to_corner < 60 else limit
        aim = 0.0 if wait else min(limit * 0.95, slow)
        wait = max(0, wait - 1)
        v = float(np.clip(aim + random.normal(0, 0.2), max(0.0, v - 1.9), v + 1.3))
        if second > seconds - 15:
            v = max(0.0, v - 1.9)
        h += bend * v / 10
        to_corner -= v
        speed[second], heading[second] = v, h
    angle = np.radians(heading)
    return Way(np.cumsum(speed * np.sin(angle)), np.cumsum(speed * np.cos(angle)), speed, heading % 360)


def _reported(
    random: np.random.Generator, start_us: int, interval_s: float, moving: NDArray[np.bool_], way: Way
) -> Fixes:
    seconds = _moments(moving, interval_s)
    at = np.minimum(seconds.astype(np.int64), 86_399)
    count = len(seconds)
    fixes = np.zeros(count, FIX)
    fixes["time"] = start_us + np.rint(seconds * 1000).astype(np.int64) * 1000
    fixes["sent_at"] = fixes["time"]
    fixes["received_at"] = fixes["sent_at"] + np.rint(random.gamma(4, 15, count)).astype(np.int64) * 1000
    fixes["boot"], fixes["seq"] = 3, 10_000 + np.arange(count)
    error = _wandering(random, seconds)
    lat = 36.65 + (way.north_m[at] + error[1]) / METRES_PER_DEGREE
    lon = 117.0 + (way.east_m[at] + error[0]) / (METRES_PER_DEGREE * 0.8023)
    km = 12_345.0 + np.cumsum(way.speed_ms)[at] / 1000
    on = moving[at]
    kmh = way.speed_ms[at] * 3.6
    said = {
        "lon": np.round(lon, 6),
        "lat": np.round(lat, 6),
        "speed_kmh": np.round(np.where(kmh > 1, np.maximum(0, kmh + random.normal(0, 0.6, count)), 0), 1),
        "heading_deg": np.round(way.heading_deg[at]) % 360,
        "altitude_m": np.full(count, 32.0),
        "odometer_km": np.round(km, 2),
        "energy_pct": np.round(80 - (km - km[0]) * 0.14, 1),
        "hdop": np.round(0.6 + 0.5 * _held(random, seconds), 1),
    }
    for name, values in said.items():
        fixes[name] = values
    fixes["ignition"], fixes["fixed"] = on, True
    fixes["satellites"] = 9 + np.floor(8 * _held(random, seconds)).astype(np.int16)
    fixes["status"] = np.where(on, 3, 2)
    fixes["digest"] = content_digests(fixes)
    return in_order(fixes)


def _moments(moving: NDArray[np.bool_], interval_s: float) -> NDArray[np.float64]:
    """Seconds of the day at which the terminal speaks: its intervals, anew at every turn of the key."""
    turns = np.concatenate([[0], np.flatnonzero(np.diff(moving.astype(np.int8))) + 1, [len(moving)]])
    spans = [
        np.arange(start, end, interval_s if moving[start] else PARKED_S)
        for start, end in zip(turns[:-1].tolist(), turns[1:].tolist(), strict=True)
    ]
    return np.concatenate(spans)


def _held(random: np.random.Generator, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between 0 and 1; stays as it is for half a minute or so, as the sky above a receiver does."""
    changes = random.random(len(seconds)) < 1 - np.exp(-np.diff(seconds, prepend=0.0) / SKY_HOLDS_S)
    return random.random(len(seconds))[np.maximum.accumulate(np.where(changes, np.arange(len(seconds)), 0))]


def _wandering(random: np.random.Generator, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres east and north by which the receiver errs: slow, not white."""
    keep = np.exp(-np.diff(seconds, prepend=seconds[0] - 450) / CORRELATION_S)
    fresh = NOISE_M * np.sqrt(1 - keep**2) * random.normal(size=(2, len(seconds)))
    error = np.zeros((2, len(seconds)))
    for index in range(len(seconds)):
        error[:, index] = keep[index] * (error[:, index - 1] if index else 0) + fresh[:, index]
    return error
