"""What a trip amounts to: distance, time in motion, gaps and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.supervision.geometry import Spot, distance_m
from fleet.supervision.timeline import Gap, Trip
from fleet.supervision.tracks import Fix, Quality, track_digest

MOVING_KMH = 5.0
STANDING_KMH = 3.0
"""Between two fixes slower than this, what changes is noise and adds no distance."""
GAP_S = 120.0
"""Four times the longest usual interval on the move."""


@dataclass(frozen=True, slots=True)
class Drive:
    """Where and when a trip began and ended, as the detector found it."""

    start: datetime
    end: datetime
    start_spot: Spot
    end_spot: Spot
    truncated: bool


def measure(
    fixes: Sequence[Fix], flags: Sequence[Quality], first: int, last: int, drive: Drive, closed: bool
) -> Trip:
    """The trip over fixes `first` to `last` (inclusive), its numbers from good fixes only."""
    good = [fixes[index] for index in range(first, last + 1) if flags[index] is Quality.GOOD]
    metres, moving_s, gaps = 0.0, 0.0, []
    before_spot, before_time, before_kmh = drive.start_spot, drive.start, 0.0
    for fix in good:
        seconds = (fix.time - before_time).total_seconds()
        step = distance_m(before_spot, fix.spot)
        if max(before_kmh, fix.speed_kmh) >= STANDING_KMH or seconds > GAP_S:
            metres += step
        if seconds > GAP_S:
            gaps.append(Gap(before_time, fix.time, step))
        if max(before_kmh, fix.speed_kmh) >= MOVING_KMH and (
            seconds <= GAP_S or step / seconds * 3.6 >= MOVING_KMH
        ):
            moving_s += seconds
        before_spot, before_time, before_kmh = fix.spot, fix.time, fix.speed_kmh
    return Trip(
        start=drive.start,
        end=drive.end,
        closed=closed,
        start_spot=drive.start_spot,
        end_spot=drive.end_spot,
        first=first,
        last=last,
        distance_km=round(metres / 1000, 3),
        moving_s=round(moving_s),
        max_speed_kmh=max((fix.speed_kmh for fix in good), default=0.0),
        confidence=_confidence(drive, good, gaps, 1 - len(good) / max(1, last - first + 1)),
        gaps=tuple(gaps),
        truncated=drive.truncated,
        digest=track_digest(fixes[first : last + 1], flags[first : last + 1]),
    )


def _confidence(drive: Drive, good: Sequence[Fix], gaps: Sequence[Gap], bad_share: float) -> float:
    """1 for a drive seen from end to end; less for silence, bad fixes, an unseen start, little motion."""
    duration = max(1.0, (drive.end - drive.start).total_seconds())
    silent = sum((gap.end - gap.start).total_seconds() for gap in gaps) / duration
    fast = sum(fix.speed_kmh >= MOVING_KMH for fix in good)
    seen = (1 - 0.7 * min(1.0, silent)) * (1 - 0.5 * bad_share) * min(1.0, 0.4 + 0.2 * fast)
    return round(seen * (0.8 if drive.truncated else 1.0), 2)
