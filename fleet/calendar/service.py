"""Filling the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fleet.audit import Actor, record
from fleet.calendar.model import CalendarDay
from fleet.calendar.repository import put_days
from fleet.calendar.sources import OFFICIAL_YEARS, official_days
from fleet.database import Connection


async def import_days(
    connection: Connection, days: Sequence[CalendarDay], *, actor: Actor, now: datetime
) -> int:
    """Store `days`, with an audit entry when something changed. Returns how many did."""
    changed = await put_days(connection, days)
    if changed:
        await record(
            connection,
            at=now,
            actor=actor,
            action="calendar.import",
            subject_kind="calendar",
            subject_id=f"{days[0].day}/{days[-1].day}",
            payload={"changed": changed, "days": len(days)},
        )
    return changed


async def seed_calendar(connection: Connection, *, actor: Actor, now: datetime) -> int:
    """Store every officially announced year; returns how many days changed."""
    days = [day for year in OFFICIAL_YEARS for day in official_days(year)]
    return await import_days(connection, days, actor=actor, now=now)
