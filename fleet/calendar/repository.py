"""Calendar rows. A question about a day without a row fails loudly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from fleet.calendar.model import CalendarDay, CalendarGapError, DayKind
from fleet.database import Connection

KIND_OF_DAY = "SELECT kind FROM calendar_day WHERE day = $1"

# `replaced` counts the rows whose content differs from what stood there.
UPSERT_DAYS = """
INSERT INTO calendar_day AS c (day, kind, name, provisional)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::boolean[])
ON CONFLICT (day) DO UPDATE SET kind = excluded.kind, name = excluded.name, provisional = excluded.provisional
WHERE (c.kind, c.name, c.provisional) IS DISTINCT FROM (excluded.kind, excluded.name, excluded.provisional)
RETURNING day
"""


async def day_kind(connection: Connection, day: date) -> DayKind:
    """What kind of day it is in China. Raises CalendarGapError when the calendar does not say."""
    kind = await connection.fetchval(KIND_OF_DAY, day)
    if kind is None:
        raise CalendarGapError(day)
    return cast("DayKind", kind)


async def put_days(connection: Connection, days: Sequence[CalendarDay]) -> int:
    """Store the days; returns how many are new or differ from what stood there."""
    rows = await connection.fetch(
        UPSERT_DAYS,
        [day.day for day in days],
        [day.kind for day in days],
        [day.name for day in days],
        [day.provisional for day in days],
    )
    return len(rows)
