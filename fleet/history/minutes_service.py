"""Keeps the minutes of vehicles in step with their fixes, whatever the order in which these arrive."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from fleet.database import Connection
from fleet.history import minutes_repository as repository
from fleet.history import reading
from fleet.history.minutes import COLUMNS, LONGEST_GAP, minutes
from fleet.history.minutes_repository import Window

CHANGES_AT_ONCE = 50
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def take_in_changes(connection: Connection, seconds: float) -> bool:
    """Work changes off for about so many real seconds; False when none is left.

    A minute is computed anew from all fixes around it: doing it twice, or in another order, is the same.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        windows = await repository.changed(connection, CHANGES_AT_ONCE)
        if windows is None:
            await repository.clear_changes(connection)
            return False
        for window in joined(windows):
            await refresh(connection, window)
    return True


async def refresh(connection: Connection, window: Window) -> None:
    """A changed fix reaches the minutes up to its neighbours, and these are no further than LONGEST_GAP."""
    since = _minute(window.since - LONGEST_GAP)
    end = _minute(window.until + LONGEST_GAP) + MINUTE
    while since < end:  # a day at a time, but for spans without a fix: a binding may be corrected for years
        following = await reading.first_fix_after(connection, window.vehicle_id, since - LONGEST_GAP - MINUTE)
        begin = end if following is None else min(end, max(since, _minute(following - LONGEST_GAP)))
        if begin > since:
            await repository.replace(connection, window.vehicle_id, since, begin, [])
        since, until = begin, min(begin + DAY, end)
        rows = await reading.fixes(
            connection, window.vehicle_id, since - LONGEST_GAP, until + LONGEST_GAP, COLUMNS
        )
        await repository.replace(connection, window.vehicle_id, since, until, minutes(rows, since, until))
        since = until


def joined(windows: Iterable[Window]) -> Iterator[Window]:
    """Windows in order of vehicle and time; those that would refresh the same minutes as one."""
    current: Window | None = None
    for window in windows:
        if (
            current is not None
            and window.vehicle_id == current.vehicle_id
            and window.since <= current.until + 2 * LONGEST_GAP
        ):
            current = replace(current, until=max(current.until, window.until))
            continue
        if current is not None:
            yield current
        current = window
    if current is not None:
        yield current


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
