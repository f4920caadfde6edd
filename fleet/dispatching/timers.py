"""What the job worker calls when a timer of ours is due."""

from __future__ import annotations

from datetime import datetime

from fleet.database import Connection
from fleet.dispatching.ending import acceptance_expired
from fleet.timers.repository import Timer


async def on_acceptance(connection: Connection, timer: Timer, now: datetime) -> None:
    """The time to accept a run is over."""
    await acceptance_expired(connection, now, int(timer.subject_id))
