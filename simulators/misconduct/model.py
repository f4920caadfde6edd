"""A day's script: who does what, when and where, and what supervision is expected to say about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

Lonlat = tuple[float, float]


class Span(StrEnum):
    """Which part of an act an expectation speaks of."""

    WHOLE = "whole"
    DRIVING = "driving"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expected` true: the rule must find it; false: a decoy, to be left alone. `leg` counts from 0."""

    rule_code: str
    expected: bool
    note: str
    span: Span = Span.WHOLE
    leg: int = 0


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive by way of `via` to (lon, lat), at that share of the legal limit on open road.

    Then the engine is off for `stay`, or for good if it is None.
    """

    lon: float
    lat: float
    stay: timedelta | None
    share_of_limit: float = 0.92
    via: tuple[Lonlat, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """Something done with a car without any order; `starts_at` is UTC."""

    code: str
    plate: str
    starts_at: datetime
    legs: tuple[Leg, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """How a car's ordered runs are driven between two moments (UTC).

    Either at another share of the limit, or ended elsewhere than in its bay.
    """

    code: str
    plate: str
    starts_at: datetime
    ends_at: datetime
    expectation: Expectation
    share_of_limit: float | None = None
    parks_at: Lonlat | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Everything scripted for one day."""

    acts: tuple[Act, ...]
    habits: tuple[Habit, ...]
