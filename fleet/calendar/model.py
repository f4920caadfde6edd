"""One day of the calendar as the office counts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from fleet.errors import FleetError

DayKind = Literal["workday", "makeup", "weekend", "holiday"]
"""makeup: a Saturday or Sunday worked in exchange for a holiday."""

KINDS: tuple[DayKind, ...] = get_args(DayKind)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    kind: DayKind
    name: str = ""
    provisional: bool = False
    """Not yet announced by the State Council."""


class CalendarGapError(FleetError):
    """Nobody said what kind of day this is: guessing would accuse or excuse people wrongly."""

    status, kind, title = 500, "calendar-gap", "The calendar does not cover this day"

    def __init__(self, day: date) -> None:
        super().__init__(
            f"the calendar has no row for {day.isoformat()}",
            f"Import the year: `motorpool calendar import --year {day.year}`, or a CSV of day,kind,name.",
        )
