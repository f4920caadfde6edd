"""Cases and trips as people see them. Every query is bounded by the reader's part of the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fleet.database import Connection

# A case as a row: its findings in their newest version, the gravest one that still holds as headline.
CASES = """
WITH visible AS (
    SELECT violation_case.*, vehicle.plate, vehicle.energy, organisation.name AS organisation
    FROM violation_case
    JOIN vehicle ON vehicle.id = violation_case.vehicle_id
    JOIN organisation ON organisation.id = violation_case.organisation_id
    WHERE organisation.path <@ $1::text::ltree
      AND ($2::bigint IS NULL OR violation_case.id = $2)
      AND (cardinality($3::text[]) = 0 OR violation_case.status = ANY($3))
), newest AS (
    SELECT DISTINCT ON (case_violation.identity) case_violation.case_id, violation.*
    FROM case_violation JOIN violation ON violation.identity = case_violation.identity
    WHERE case_violation.case_id IN (SELECT id FROM visible)
    ORDER BY case_violation.identity, violation.version DESC
), headline AS (
    SELECT DISTINCT ON (case_id) newest.*, driver.name AS driver, trip.confidence
    FROM newest LEFT JOIN driver ON driver.id = newest.driver_id LEFT JOIN trip ON trip.id = newest.trip_id
    ORDER BY case_id, newest.withdrawn, array_position(ARRAY['red', 'yellow', 'advisory'], newest.severity),
             lower(newest.during), newest.id
), spans AS (
    SELECT case_id, min(lower(during)) AS started_at, max(upper(during)) AS ended_at,
           array_agg(DISTINCT rule_code ORDER BY rule_code) AS rules
    FROM newest GROUP BY case_id
)
SELECT visible.id, visible.number, visible.status, visible.severity, visible.due_at, visible.opened_at,
       visible.plate, visible.energy, visible.organisation, visible.vehicle_id, visible.organisation_id,
       visible.version,
       spans.started_at, spans.ended_at, spans.rules,
       headline.driver, headline.rule_code AS headline_rule, headline.measures, headline.explanations,
       headline.confidence
FROM visible JOIN spans ON spans.case_id = visible.id JOIN headline ON headline.case_id = visible.id
ORDER BY visible.closed_at IS NOT NULL, visible.due_at, visible.id LIMIT $4
"""

FINDINGS = """
SELECT DISTINCT ON (case_violation.identity) violation.*, lower(violation.during) AS started_at,
       upper(violation.during) AS ended_at
FROM case_violation JOIN violation ON violation.identity = case_violation.identity
WHERE case_violation.case_id = $1 ORDER BY case_violation.identity, violation.version DESC
"""

ENTRIES = """
SELECT entry.at, coalesce(account.name, '系统') AS who, entry.action, entry.from_status, entry.to_status,
       entry.note
FROM case_entry entry LEFT JOIN account ON account.id = entry.account_id
WHERE entry.case_id = $1 ORDER BY entry.id
"""

# The trip to show: the one the findings are about, or the one that led to where the car stood.
TRIP_OF_CASE = """
SELECT id FROM trip
WHERE vehicle_id = $1 AND superseded_at IS NULL
  AND lower(during) <= $3 AND upper(during) >= $2
ORDER BY lower(during) LIMIT 1
"""

ORDER_OF_CASE = """
SELECT run.number AS run_number, request.number AS request_number
FROM case_violation JOIN violation ON violation.identity = case_violation.identity
LEFT JOIN run ON run.id = violation.run_id LEFT JOIN request ON request.id = violation.request_id
WHERE case_violation.case_id = $1 AND violation.run_id IS NOT NULL
ORDER BY violation.id DESC LIMIT 1
"""

# Verifier, driver and approver of an order are three people (DOMAIN B2).
INVOLVED = """
SELECT driver.account_id FROM case_violation
JOIN violation ON violation.identity = case_violation.identity
JOIN driver ON driver.id = violation.driver_id
WHERE case_violation.case_id = $1
UNION
SELECT unnest(ARRAY[request.decided_by, request.requester_id]) FROM case_violation
JOIN violation ON violation.identity = case_violation.identity
JOIN run_stop stop ON stop.run_id = violation.run_id
JOIN request ON request.id = stop.request_id
WHERE case_violation.case_id = $1
"""

VISIBLE_TRIPS = """
SELECT trip.id, trip.vehicle_id, vehicle.plate, trip.version, lower(trip.during) AS started_at,
       upper(trip.during) AS ended_at, trip.closed, trip.start_lon, trip.start_lat, trip.end_lon,
       trip.end_lat, trip.distance_km, trip.moving_s, trip.max_speed_kmh, trip.confidence, trip.run_id,
       driver.name AS driver, trip.track_digest, trip.matched,
       (SELECT count(*) FROM violation
        WHERE violation.trip_id = trip.id AND violation.superseded_at IS NULL) AS violations
FROM trip
JOIN vehicle ON vehicle.id = trip.vehicle_id
JOIN organisation ON organisation.id = vehicle.organisation_id
LEFT JOIN run ON run.id = trip.run_id
LEFT JOIN driver ON driver.id = run.driver_id
WHERE organisation.path <@ $1::text::ltree
"""

TRIP = f"{VISIBLE_TRIPS} AND trip.id = $2"

TRIPS = f"""{VISIBLE_TRIPS}
  AND trip.superseded_at IS NULL AND trip.during && tstzrange($2, $3, '[]')
  AND ($4::integer IS NULL OR trip.vehicle_id = $4)
ORDER BY lower(trip.during) DESC, trip.id LIMIT $5
"""

PLANNED_STOPS = "SELECT lon, lat FROM run_stop WHERE run_id = $1 ORDER BY place_in_run"


async def cases(
    connection: Connection, path: str, statuses: Sequence[str], limit: int
) -> list[dict[str, Any]]:
    """Open ones first, the most urgent on top."""
    return [dict(row) for row in await connection.fetch(CASES, path, None, list(statuses), limit)]


async def case(connection: Connection, path: str, case_id: int) -> dict[str, Any] | None:
    row = await connection.fetchrow(CASES, path, case_id, [], 1)
    return None if row is None else dict(row)


async def findings(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """The newest version of each finding, withdrawn ones too."""
    rows = [dict(row) for row in await connection.fetch(FINDINGS, case_id)]
    return sorted(rows, key=lambda row: (row["started_at"], row["rule_code"]))


async def entries(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(ENTRIES, case_id)]


async def trip_of_case(
    connection: Connection, vehicle_id: int, started_at: datetime, ended_at: datetime
) -> int | None:
    found: int | None = await connection.fetchval(TRIP_OF_CASE, vehicle_id, started_at, ended_at)
    return found


async def order_of_case(connection: Connection, case_id: int) -> tuple[str | None, str | None]:
    """Numbers of the run and of the request, where there are any."""
    row = await connection.fetchrow(ORDER_OF_CASE, case_id)
    return (None, None) if row is None else (row["run_number"], row["request_number"])


async def involved(connection: Connection, case_id: int) -> frozenset[int]:
    """Accounts of the driver, the requester and the approver."""
    rows = await connection.fetch(INVOLVED, case_id)
    return frozenset(row["account_id"] for row in rows if row["account_id"] is not None)


async def trips(
    connection: Connection, path: str, vehicle_id: int | None, since: datetime, until: datetime, limit: int
) -> list[dict[str, Any]]:
    """Current versions, newest first."""
    rows = await connection.fetch(TRIPS, path, since, until, vehicle_id, limit)
    return [dict(row) for row in rows]


async def trip(connection: Connection, path: str, trip_id: int) -> dict[str, Any] | None:
    """One version of a trip, superseded or not."""
    row = await connection.fetchrow(TRIP, path, trip_id)
    return None if row is None else dict(row)


async def planned_stops(connection: Connection, run_id: int) -> list[tuple[float, float]]:
    return [(row["lon"], row["lat"]) for row in await connection.fetch(PLANNED_STOPS, run_id)]
