"""What has served its purpose goes, once a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.database import Connection
from fleet.timers.repository import Timer, set_timer

KIND = "retention"
EVERY = timedelta(days=1)
NOTIFICATIONS_KEPT = timedelta(days=7)
"""Longer than any page stays closed and still expects to resume its stream."""

DELETE_NOTIFICATIONS = "DELETE FROM notification WHERE at < $1"


async def clean_up(connection: Connection, timer: Timer, now: datetime) -> None:
    await connection.execute(DELETE_NOTIFICATIONS, now - NOTIFICATIONS_KEPT)
    await set_timer(connection, kind=KIND, subject_id=timer.subject_id, due_at=now + EVERY)
