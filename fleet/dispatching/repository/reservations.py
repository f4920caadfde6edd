"""Reservations of a run's vehicle and driver: always both, always the same range."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from fleet.database import Connection

RESERVE_VEHICLE = """
INSERT INTO vehicle_reservation (vehicle_id, kind, run_id, during) VALUES ($1, 'run', $2, tstzrange($3, $4))
"""

RESERVE_DRIVER = """
INSERT INTO driver_reservation (driver_id, kind, run_id, during) VALUES ($1, 'run', $2, tstzrange($3, $4))
"""

RESERVED = """
SELECT lower(during) AS start, upper(during) AS end
FROM vehicle_reservation WHERE run_id = $1 AND NOT released
"""

MOVE_VEHICLE_RESERVATION = """
UPDATE vehicle_reservation SET during = tstzrange($2, $3) WHERE run_id = $1 AND NOT released
"""

MOVE_DRIVER_RESERVATION = """
UPDATE driver_reservation SET during = tstzrange($2, $3) WHERE run_id = $1 AND NOT released
"""

RELEASE_VEHICLE = "UPDATE vehicle_reservation SET released = true WHERE run_id = $1"
RELEASE_DRIVER = "UPDATE driver_reservation SET released = true WHERE run_id = $1"


async def reserve(
    connection: Connection, run_id: int, vehicle_id: int, driver_id: int, start: datetime, end: datetime
) -> None:
    """Raises asyncpg.ExclusionViolationError when car or driver is taken."""
    await connection.execute(RESERVE_VEHICLE, vehicle_id, run_id, start, end)
    await connection.execute(RESERVE_DRIVER, driver_id, run_id, start, end)


async def reserved(connection: Connection, run_id: int) -> tuple[datetime, datetime]:
    row: asyncpg.Record = await connection.fetchrow(RESERVED, run_id)
    return row["start"], row["end"]


async def move_reservations(connection: Connection, run_id: int, start: datetime, end: datetime) -> None:
    """Raises asyncpg.ExclusionViolationError when car or driver is taken in the new range."""
    await connection.execute(MOVE_VEHICLE_RESERVATION, run_id, start, end)
    await connection.execute(MOVE_DRIVER_RESERVATION, run_id, start, end)


async def release_reservations(connection: Connection, run_id: int) -> None:
    await connection.execute(RELEASE_VEHICLE, run_id)
    await connection.execute(RELEASE_DRIVER, run_id)
