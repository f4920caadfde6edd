"""The trips that one clean pass over the stored fixes finds, beside those recorded through all faults."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from fleet.supervision.repository import inputs
from fleet.supervision.trips import detect

CERTAIN_AFTER = timedelta(minutes=30)
"""A trip that ended so long ago is closed, whatever the moment of the pass."""

VEHICLES = "SELECT id FROM vehicle ORDER BY id"
RECORDED = """
SELECT vehicle_id, lower(during), upper(during), track_digest FROM trip
WHERE superseded_at IS NULL AND upper(during) <= $1
"""

Found = set[tuple[int, datetime, datetime, str]]
"""Vehicle, start, end, digest of the track."""


@dataclass(frozen=True)
class Trips:
    recorded: Found
    clean: Found


def compare_trips(database_url: str, now: datetime) -> Trips:
    """Trips that had surely ended by `now`; nothing may be stored meanwhile."""
    return asyncio.run(_compare(database_url, now))


async def _compare(database_url: str, now: datetime) -> Trips:
    ended_by = now - CERTAIN_AFTER
    connection: Any = await asyncpg.connect(database_url)
    try:
        recorded = {tuple(row) for row in await connection.fetch(RECORDED, ended_by)}
        clean = set()
        for (vehicle_id,) in await connection.fetch(VEHICLES):
            fixes = await inputs.fixes(connection, vehicle_id, None, now)
            clean |= {
                (vehicle_id, trip.start, trip.end, trip.digest)
                for trip in detect(fixes, now).trips
                if trip.end <= ended_by
            }
    finally:
        await connection.close()
    return Trips(recorded, clean)
