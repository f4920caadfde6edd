"""What supervision reads: the vehicle, its fixes, its orders, the calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from fleet.database import Connection
from fleet.history import reading
from fleet.supervision.context import Booking, Calendar, Order, Subject
from fleet.supervision.tracks import Fix

SUBJECT = """
SELECT vehicle.id, vehicle.plate, vehicle.organisation_id, vehicle.exempt, bay.lon, bay.lat
FROM vehicle JOIN bay ON bay.id = vehicle.home_bay_id WHERE vehicle.id = $1
"""

DEPOTS = "SELECT lon, lat FROM depot ORDER BY id"

FIX_COLUMNS = (
    "time", "digest", "lon", "lat", "speed_kmh", "received_at", "terminal_id", "heading_deg", "ignition",
    "satellites", "fixed", "alarm",
)  # fmt: skip
"""In the order of `Fix`."""

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

BEGINNING = reading.BEGINNING
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
    rows = await reading.fixes(connection, vehicle_id, since or BEGINNING, until, FIX_COLUMNS)
    return [Fix(*row) for row in rows]


async def fixes_before(connection: Connection, vehicle_id: int, moment: datetime, count: int) -> list[Fix]:
    """The last `count` before the moment, in order of time."""
    rows = await reading.fixes_before(connection, vehicle_id, moment, count, FIX_COLUMNS)
    return [Fix(*row) for row in rows]


async def first_fix_after(connection: Connection, vehicle_id: int, moment: datetime) -> datetime | None:
    return await reading.first_fix_after(connection, vehicle_id, moment)


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
