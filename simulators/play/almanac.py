"""When a simulated run begins: where the last one stopped, or the next morning."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar

from schemas.clock import SHANGHAI

FIRST_DAY = date(2026, 3, 11)
"""A Wednesday, and the first morning of every fresh demo."""
MORNING = time(8, 20)
EVENING = time(19, 0)


def start_after(last: datetime | None) -> datetime:
    """The business time to begin with, UTC.

    A run interrupted during the day goes on there; after 19:00 Shanghai time the next working day begins.
    """
    if last is None:
        return _morning(FIRST_DAY)
    local = last.astimezone(SHANGHAI)
    if local.time() < EVENING and chinese_calendar.is_workday(local.date()):
        return last.astimezone(UTC)
    return _morning(_next_workday(local.date()))


def _next_workday(day: date) -> date:
    day += timedelta(days=1)
    while not chinese_calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, SHANGHAI).astimezone(UTC)


class LastMoment:
    """Remembers in a file how far the clock of a run had come."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> datetime | None:
        if not self._path.exists():
            return None
        return datetime.fromisoformat(json.loads(self._path.read_text())["last"])

    def write(self, moment: datetime) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"last": moment.isoformat()}))
        fresh.rename(self._path)
