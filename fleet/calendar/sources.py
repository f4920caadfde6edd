"""Where calendar days come from: the State Council's announcements as packaged, or a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

from fleet.calendar.model import KINDS, CalendarDay
from fleet.errors import InvalidError

OFFICIAL_YEARS = (2025, 2026)
"""Years whose arrangement is announced, and checked against the announcement."""

HOLIDAY_NAMES = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}


def official_days(year: int) -> list[CalendarDay]:
    """Every day of `year` as announced. Raises InvalidError for a year that is not."""
    if year not in OFFICIAL_YEARS:
        known = ", ".join(str(each) for each in OFFICIAL_YEARS)
        raise InvalidError(
            f"the arrangement of {year} is not packaged (known: {known})",
            "Import a CSV file with the columns day,kind,name[,provisional].",
        )
    first = date(year, 1, 1)
    return [_official_day(first + timedelta(days=n)) for n in range((date(year + 1, 1, 1) - first).days)]


def _official_day(day: date) -> CalendarDay:
    rest, occasion = chinese_calendar.get_holiday_detail(day)
    name = HOLIDAY_NAMES.get(occasion, "")
    if rest:
        return CalendarDay(day, "holiday" if occasion else "weekend", name)
    return CalendarDay(day, "makeup" if occasion else "workday", name)


def days_of_file(path: Path) -> list[CalendarDay]:
    """Read a CSV file with the header day,kind,name[,provisional]. Raises InvalidError naming the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(_read(csv.DictReader(lines), path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidError(f"cannot read {path}: {error}", "Save it as CSV in UTF-8.") from error


def _read(rows: csv.DictReader[str], path: Path) -> Iterator[CalendarDay]:
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        try:
            day = date.fromisoformat((row.get("day") or "").strip())
        except ValueError as error:
            raise InvalidError(f"{where}: {error}", "Write the day as 2026-03-11.") from error
        kind = (row.get("kind") or "").strip()
        if kind not in KINDS:
            raise InvalidError(f"{where}: kind is {kind!r}", f"Use one of {', '.join(KINDS)}.")
        provisional = (row.get("provisional") or "").strip().lower() in {"1", "true", "yes"}
        yield CalendarDay(day, kind, (row.get("name") or "").strip(), provisional)
