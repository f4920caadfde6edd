"""Fixes and their quality. Raw is raw: nothing is dropped or corrected, each fix gets a flag (DESIGN 4.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from fleet.supervision.geometry import Spot, distance_m

MIN_SATELLITES = 4
MAX_SPEED_KMH = 200.0  # DOMAIN A: a jump beyond it is no movement
CLOCK_TOLERANCE = timedelta(minutes=5)
NOISE_M = 50.0
"""Two fixes this close never make a jump, whatever the clocks say."""
COMPARABLE_S = 60.0
"""Reported speeds say something about the way between two fixes no further apart than this."""
ACCELERATION_MS2 = 2.5
"""What a car can do at most, speeding up and braking, between two reported speeds."""
LOOKAHEAD = 3
"""A flag depends on the fixes before it and on no more than this many comparable ones after it."""


class Quality(StrEnum):
    GOOD = "good"
    NOT_FIXED = "not_fixed"
    FEW_SATELLITES = "few_satellites"
    JUMP = "jump"
    DRIFT = "drift"
    STALE_CLOCK = "stale_clock"


@dataclass(frozen=True, slots=True)
class Fix:
    """One position as stored. Speed in km/h, WGS-84 degrees, UTC."""

    time: datetime
    digest: int
    lon: float
    lat: float
    speed_kmh: float
    received_at: datetime
    terminal_id: int = 0
    heading_deg: float = 0.0
    ignition: bool | None = None
    satellites: int | None = None
    fixed: bool = True
    alarm: int = 0

    @property
    def spot(self) -> Spot:
        return self.lon, self.lat


def in_order(fixes: Iterable[Fix]) -> list[Fix]:
    """Sorted by time, terminal and digest, each once: arrival order and re-sends leave no trace."""
    unique = {(fix.time, fix.terminal_id, fix.digest): fix for fix in fixes}
    return [unique[key] for key in sorted(unique)]


def assess(fixes: Sequence[Fix]) -> list[Quality]:
    """A flag for each of `fixes` (in order). Drift of a parked car is told by the trip detector, not here."""
    flags = [_flag_alone(fix) for fix in fixes]
    comparable = [index for index, flag in enumerate(flags) if flag is Quality.GOOD]
    last: Fix | None = None
    for place, index in enumerate(comparable):
        fix = fixes[index]
        following = [fixes[other] for other in comparable[place + 1 : place + 1 + LOOKAHEAD]]
        if last is None or _follows(last, fix, following):
            last = fix
        else:
            flags[index] = Quality.JUMP
    return flags


def _flag_alone(fix: Fix) -> Quality:
    if not fix.fixed:
        return Quality.NOT_FIXED
    if fix.satellites is not None and fix.satellites < MIN_SATELLITES:
        return Quality.FEW_SATELLITES
    if fix.time > fix.received_at + CLOCK_TOLERANCE:
        return Quality.STALE_CLOCK
    if fix.speed_kmh > MAX_SPEED_KMH:
        return Quality.JUMP
    return Quality.GOOD


def _follows(last: Fix, fix: Fix, following: Sequence[Fix]) -> bool:
    if _possible(last, fix):
        return not (following and _there_and_back(last, fix, following[0]))
    # Three more that agree with this one: it was the one before that stood out, or the car was carried.
    chain = (fix, *following)
    return len(following) == LOOKAHEAD and all(_possible(a, b) for a, b in pairwise(chain))


def _possible(a: Fix, b: Fix) -> bool:
    """Could the car have come from `a` to `b`, by its reported speeds and by what cars can do?"""
    metres = distance_m(a.spot, b.spot)
    if metres <= NOISE_M:
        return True
    seconds = (b.time - a.time).total_seconds()
    if seconds <= 0 or metres / seconds * 3.6 > MAX_SPEED_KMH:
        return False
    if seconds > COMPARABLE_S:
        return True
    reported = max(a.speed_kmh, b.speed_kmh) / 3.6
    return metres <= (reported + ACCELERATION_MS2 * seconds / 4) * seconds + NOISE_M


def _there_and_back(before: Fix, fix: Fix, after: Fix) -> bool:
    """A spike: in and out much faster than reported, ending near where it began."""
    way_in, way_out = distance_m(before.spot, fix.spot), distance_m(fix.spot, after.spot)
    if distance_m(before.spot, after.spot) > 0.5 * (way_in + way_out):
        return False
    return _outruns(before, fix, way_in) and _outruns(fix, after, way_out)


def _outruns(a: Fix, b: Fix, metres: float) -> bool:
    seconds = (b.time - a.time).total_seconds()
    if seconds > COMPARABLE_S:
        return False
    return metres > max(a.speed_kmh, b.speed_kmh) / 3.6 * seconds * 1.3 + 0.8 * NOISE_M


def track_digest(fixes: Sequence[Fix], flags: Sequence[Quality]) -> str:
    """SHA-256 in hex of a stretch of track and its flags: the same digest means the same data."""
    content = hashlib.sha256()
    for fix, flag in zip(fixes, flags, strict=True):
        content.update(f"{fix.terminal_id} {fix.time.isoformat()} {fix.digest} {flag}\n".encode())
    return content.hexdigest()
