"""Runs as people read them. A contact's phone number is masked unless the reader drives them right now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fleet.database import Connection
from fleet.dispatching.model import RunRow, StopRow
from fleet.dispatching.steps import late_s, next_step
from fleet.errors import NotFoundError
from fleet.identity.model import Reader
from fleet.orders.model import POOL_ROLES
from schemas.api.runs import Run, RunStop
from schemas.clock import SHANGHAI

# `accept_by`: when the acceptance timer runs out. `reserved_until`: end of the car's reservation.
RUNS = """
SELECT r.id, r.number, r.organisation_id, r.vehicle_id, r.driver_id, d.account_id AS driver_account_id,
       r.status, r.planned_start, r.planned_end, r.started_at, r.ended_at, r.odometer_start_km,
       r.odometer_end_km, r.version, r.locked, v.plate, v.energy, d.name AS driver,
       t.due_at AS accept_by, upper(b.during) AS reserved_until
FROM run r
JOIN vehicle v ON v.id = r.vehicle_id
JOIN driver d ON d.id = r.driver_id
JOIN organisation o ON o.id = r.organisation_id
LEFT JOIN timer t ON t.kind = 'acceptance' AND t.subject_id = r.id::text
LEFT JOIN vehicle_reservation b ON b.run_id = r.id AND NOT b.released
"""

ONE_RUN = f"{RUNS} WHERE r.id = $1 AND (o.path <@ $2::text::ltree OR r.driver_id = $3)"

# Runs that touch the day.
RUNS_ON = f"""{RUNS}
WHERE o.path <@ $1::text::ltree AND r.planned_start < $3 AND r.planned_end >= $2
  AND ($4::integer IS NULL OR r.vehicle_id = $4)
ORDER BY r.planned_start, r.id
"""

# A driver's runs that touch the day or are not over, newest plan first to be done first.
MY_RUNS = f"""{RUNS}
WHERE r.driver_id = $1 AND r.status <> 'cancelled'
  AND ((r.planned_start < $3 AND r.planned_end >= $2) OR r.status = 'under_way')
ORDER BY r.planned_start, r.id
"""

STOPS = """
SELECT s.run_id, s.id, s.place_in_run, s.kind, s.request_id, s.name, s.lon, s.lat, s.planned_arrival,
       s.planned_departure, s.latest_arrival, s.arrived_at, s.departed_at,
       q.number AS request_number, q.contact_name, q.contact_phone, q.passengers
FROM run_stop s LEFT JOIN request q ON q.id = s.request_id
WHERE s.run_id = ANY ($1) ORDER BY s.run_id, s.place_in_run
"""


@dataclass(frozen=True, slots=True)
class Passengers:
    """Whom a stop is for."""

    request_number: str | None
    contact_name: str | None
    contact_phone: str | None
    passengers: int | None


async def one_run(connection: Connection, reader: Reader, run_id: int) -> Run:
    """A run of the reader's pool, or that the reader drives. A driver sees no others."""
    path = reader.organisation_path if reader.is_any_of(*POOL_ROLES) else None
    found = await _runs(connection, reader, ONE_RUN, run_id, path, reader.driver_id)
    if not found:
        raise NotFoundError(f"there is no run {run_id}")
    return found[0]


async def runs_on(connection: Connection, reader: Reader, day: date, vehicle_id: int | None) -> list[Run]:
    start, end = _bounds(day)
    return await _runs(connection, reader, RUNS_ON, reader.organisation_path, start, end, vehicle_id)


async def my_runs(connection: Connection, reader: Reader, now: datetime) -> list[Run]:
    start, end = _bounds(now.astimezone(SHANGHAI).date())
    return await _runs(connection, reader, MY_RUNS, reader.driver_id, start, end)


def _bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time.min, SHANGHAI)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


async def _runs(connection: Connection, reader: Reader, statement: str, *arguments: Any) -> list[Run]:
    rows = await connection.fetch(statement, *arguments)
    stops: defaultdict[int, list[StopRow]] = defaultdict(list)
    people: dict[int, Passengers] = {}
    for found in await connection.fetch(STOPS, [row["id"] for row in rows]):
        fields = dict(found)
        run_id = fields.pop("run_id")
        people[found["id"]] = Passengers(
            *(fields.pop(k) for k in ("request_number", "contact_name", "contact_phone", "passengers"))
        )
        stops[run_id].append(StopRow(**fields))
    return [_run(dict(row), tuple(stops[row["id"]]), people, reader) for row in rows]


def _run(
    fields: dict[str, Any], stops: tuple[StopRow, ...], people: dict[int, Passengers], reader: Reader
) -> Run:
    shown = {key: fields.pop(key) for key in ("locked", "plate", "energy", "driver", "accept_by")}
    reserved_until = fields.pop("reserved_until")
    run = RunRow(**fields, stops=stops)
    drives = reader.driver_id == run.driver_id and run.status in ("dispatched", "accepted", "under_way")
    late = late_s(run)
    expected_end = run.ended_at or run.planned_end + timedelta(seconds=late)
    return Run(
        id=run.id,
        number=run.number,
        status=run.status,
        vehicle_id=run.vehicle_id,
        driver_id=run.driver_id,
        planned_start=run.planned_start,
        planned_end=run.planned_end,
        stops=[_stop(stop, people[stop.id], drives) for stop in run.stops],
        next_step=next_step(run),
        version=run.version,
        odometer_start_km=run.odometer_start_km,
        odometer_end_km=run.odometer_end_km,
        expected_end=expected_end,
        late_s=late,
        conflict=run.status == "under_way" and reserved_until is not None and reserved_until < expected_end,
        **shown,
    )


def _stop(stop: StopRow, whom: Passengers, drives: bool) -> RunStop:
    return RunStop.model_validate(
        {
            "id": stop.id,
            "kind": stop.kind,
            "request_id": stop.request_id,
            "request_number": whom.request_number,
            "contact_name": whom.contact_name,
            "contact_phone": whom.contact_phone if drives else masked(whom.contact_phone),
            "passengers": whom.passengers,
            "name": stop.name,
            "lon": stop.lon,
            "lat": stop.lat,
            "planned_arrival": stop.planned_arrival,
            "planned_departure": stop.planned_departure,
            "latest_arrival": stop.latest_arrival,
            "arrived_at": stop.arrived_at,
            "departed_at": stop.departed_at,
        }
    )


def masked(phone: str | None) -> str | None:
    """138****1234; a short number is hidden whole."""
    if phone is None or len(phone) < 8:
        return phone and "*" * len(phone)
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
