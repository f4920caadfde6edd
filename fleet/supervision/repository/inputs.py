"""What supervision reads: the vehicle, its fixes, its orders, the calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from fleet.database import Connection
from fleet.supervision.context import Booking, Calendar, Order, Subject
from fleet.supervision.tracks import Fix

SUBJECT = """
SELECT vehicle.id, vehicle.plate, vehicle.organisation_id, vehicle.exempt, bay.lon, bay.lat
FROM vehicle JOIN bay ON bay.id = vehicle.home_bay_id WHERE vehicle.id = $1
"""

DEPOTS = "SELECT lon, lat FROM depot ORDER BY id"

FIX_COLUMNS = """
    position.time, position.digest, position.lon, position.lat, position.speed_kmh, position.received_at,
    position.terminal_id, position.heading_deg, position.ignition, position.satellites, position.fixed,
    position.alarm
"""

# The vehicle of a fix is the one the terminal was bound to at that moment.
FIXES = f"""
SELECT {FIX_COLUMNS}
FROM terminal_binding binding
JOIN position ON position.terminal_id = binding.terminal_id AND binding.during @> position.time
WHERE binding.vehicle_id = $1 AND position.time >= $2 AND position.time <= $3
ORDER BY position.time, position.terminal_id, position.digest
"""  # noqa: S608 - the columns are a constant

FIXES_BEFORE = f"""
SELECT {FIX_COLUMNS}
FROM terminal_binding binding
JOIN position ON position.terminal_id = binding.terminal_id AND binding.during @> position.time
WHERE binding.vehicle_id = $1 AND position.time < $2
ORDER BY position.time DESC, position.terminal_id DESC, position.digest DESC LIMIT $3
"""  # noqa: S608 - the columns are a constant

FIRST_FIX_AFTER = """
SELECT position.time
FROM terminal_binding binding
JOIN position ON position.terminal_id = binding.terminal_id AND binding.during @> position.time
WHERE binding.vehicle_id = $1 AND position.time > $2
ORDER BY position.time LIMIT 1
"""

ORDERS = """
SELECT run.id, run.number, run.status, run.planned_start, run.planned_end, run.started_at, run.ended_at,
       run.driver_id, min(request.id) AS request_id,
       coalesce(bool_or(request.holiday), false) AS holiday,
       coalesce(bool_or(request.kind = 'supplement'), false) AS supplement
FROM run
LEFT JOIN run_stop stop ON stop.run_id = run.id
LEFT JOIN request ON request.id = stop.request_id
WHERE run.vehicle_id = $1 AND run.status <> 'cancelled'
  AND least(run.planned_start, run.started_at) <= $3
  AND (run.status = 'under_way' OR greatest(run.planned_end, run.ended_at) >= $2)
GROUP BY run.id ORDER BY run.id
"""

BOOKINGS = """
SELECT kind, lower(during) AS start, upper(during) AS end
FROM vehicle_reservation
WHERE vehicle_id = $1 AND kind <> 'run' AND NOT released AND during && tstzrange($2, $3, '[]')
ORDER BY lower(during), id
"""

CALENDAR = "SELECT day, kind, name FROM calendar_day WHERE day BETWEEN $1 AND $2"

BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
"""Before any fix."""


async def subject(connection: Connection, vehicle_id: int) -> Subject:
    row = await connection.fetchrow(SUBJECT, vehicle_id)
    depots = await connection.fetch(DEPOTS)
    return Subject(
        row["id"],
        row["plate"],
        row["organisation_id"],
        row["exempt"],
        (row["lon"], row["lat"]),
        tuple((depot["lon"], depot["lat"]) for depot in depots),
    )


async def fixes(
    connection: Connection, vehicle_id: int, since: datetime | None, until: datetime
) -> list[Fix]:
    """From `since` (the first one if None) to `until`, both inclusive."""
    return [Fix(*row) for row in await connection.fetch(FIXES, vehicle_id, since or BEGINNING, until)]


async def fixes_before(connection: Connection, vehicle_id: int, moment: datetime, count: int) -> list[Fix]:
    """The last `count` before the moment, in order of time."""
    rows = await connection.fetch(FIXES_BEFORE, vehicle_id, moment, count)
    return [Fix(*row) for row in reversed(rows)]


async def first_fix_after(connection: Connection, vehicle_id: int, moment: datetime) -> datetime | None:
    found: datetime | None = await connection.fetchval(FIRST_FIX_AFTER, vehicle_id, moment)
    return found


async def orders(
    connection: Connection, vehicle_id: int, since: datetime, until: datetime
) -> tuple[Order, ...]:
    """Runs of the vehicle that are in force or were carried out."""
    return tuple(_order(row) for row in await connection.fetch(ORDERS, vehicle_id, since, until))


def _order(row: Any) -> Order:
    """A run covers its plan, unless the driver said otherwise: from the earlier start to the real end."""
    start = min(row["planned_start"], row["started_at"] or row["planned_start"])
    end = row["ended_at"] or row["planned_end"]
    return Order(
        run_id=row["id"],
        number=row["number"],
        start=start,
        end=None if row["status"] == "under_way" else max(start, end),
        driver_id=row["driver_id"],
        request_id=row["request_id"],
        holiday=row["holiday"],
        supplement=row["supplement"],
    )


async def bookings(
    connection: Connection, vehicle_id: int, since: datetime, until: datetime
) -> tuple[Booking, ...]:
    return tuple(Booking(**row) for row in await connection.fetch(BOOKINGS, vehicle_id, since, until))


async def calendar(connection: Connection, first: date, last: date) -> Calendar:
    rows = await connection.fetch(CALENDAR, first - timedelta(days=1), last)
    return Calendar({row["day"]: (row["kind"], row["name"]) for row in rows})
