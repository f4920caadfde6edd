"""What a vehicle did: stays and trips in turn, over its flagged fixes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fleet.supervision.geometry import Spot
from fleet.supervision.tracks import Fix, Quality


@dataclass(frozen=True, slots=True)
class Stay:
    """The car stood. `end` is None while nothing says that it left; `first`, `last` are indices of fixes."""

    start: datetime
    end: datetime | None
    spot: Spot
    first: int
    last: int
    unseen: bool = False
    """The signal was lost when it began: whether the car stood there all the while is not known."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing usable between two fixes of a trip."""

    start: datetime
    end: datetime
    metres: float


@dataclass(frozen=True, slots=True)
class Trip:
    """The car moved from one stay to the next. `first`, `last` are indices of fixes, both inclusive."""

    start: datetime
    end: datetime
    closed: bool
    start_spot: Spot
    end_spot: Spot
    first: int
    last: int
    distance_km: float
    moving_s: int
    max_speed_kmh: float
    confidence: float
    gaps: tuple[Gap, ...]
    truncated: bool
    """The data begins on the way: nobody saw it start."""
    digest: str
    resume_from: datetime | None = None
    """Reading fixes from here on is enough to find everything after this trip again ..."""
    settled_at: datetime | None = None
    """... as long as nothing up to here changed. Both None while that is not certain."""

    @property
    def fix_count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """Fixes in order with their flags, and what they make up. Stays and trips alternate and never overlap."""

    fixes: tuple[Fix, ...]
    flags: tuple[Quality, ...]
    trips: tuple[Trip, ...]
    stays: tuple[Stay, ...]
    look_again: datetime | None = None
    """A trip without news is closed then."""

    def good(self, first: int, last: int) -> Iterator[tuple[int, Fix]]:
        """Usable fixes with their index, from `first` to `last` inclusive."""
        for index in range(first, last + 1):
            if self.flags[index] is Quality.GOOD:
                yield index, self.fixes[index]

    def stay_before(self, trip: Trip) -> Stay | None:
        return next((stay for stay in reversed(self.stays) if stay.end == trip.start), None)

    def trip_before(self, stay: Stay) -> Trip | None:
        return next((trip for trip in reversed(self.trips) if trip.end == stay.start), None)
