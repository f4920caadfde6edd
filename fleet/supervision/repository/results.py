"""Trips and violations as recorded: current ones read, new versions written beside the superseded ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fleet.database import Connection
from fleet.supervision.results import FindingResult, TripResult
from fleet.supervision.revision import Recorded
from fleet.supervision.trips import DETECTOR

# A pass may begin after this trip: it and the stay that follows are certain, and both are too long for a
# finding on one side to be merged with one on the other.
RESUME_POINT = """
SELECT upper(during) AS end, resume_from FROM trip
WHERE vehicle_id = $1 AND superseded_at IS NULL AND detector = $2
  AND settled_at < $3 AND upper(during) + $5 <= $3 AND upper(during) < $4
  AND upper(during) - lower(during) >= $5
  AND NOT EXISTS (
      SELECT FROM trip following
      WHERE following.vehicle_id = trip.vehicle_id AND following.superseded_at IS NULL
        AND lower(following.during) >= upper(trip.during)
        AND lower(following.during) < upper(trip.during) + $5)
ORDER BY upper(during) DESC LIMIT 1
"""

CURRENT_TRIPS = """
SELECT id, lower(during) AS start, upper(during) AS end, NOT closed AS provisional, version,
       content_digest AS content, track_digest, matched
FROM trip WHERE vehicle_id = $1 AND superseded_at IS NULL AND lower(during) >= $2 ORDER BY lower(during)
"""

CURRENT_VIOLATIONS = """
SELECT id, rule_code AS kind, lower(during) AS start, upper(during) AS end, provisional, version,
       content_digest AS content, identity
FROM violation WHERE vehicle_id = $1 AND superseded_at IS NULL AND lower(during) >= $2 ORDER BY id
"""

FIRST_UNMATCHED = """
SELECT min(lower(during)) FROM trip
WHERE vehicle_id = $1 AND superseded_at IS NULL AND closed AND matched IS NULL
"""

SUPERSEDE_TRIPS = "UPDATE trip SET superseded_at = $2 WHERE id = ANY($1)"
SUPERSEDED_TRIP_BY = "UPDATE trip SET superseded_by = $2 WHERE id = $1"
SUPERSEDE_VIOLATIONS = "UPDATE violation SET superseded_at = $2, withdrawn = $3 WHERE id = ANY($1)"
SUPERSEDED_VIOLATION_BY = "UPDATE violation SET superseded_by = $2 WHERE id = $1"

TRIP_COLUMNS = """
    during, closed, start_lon, start_lat, end_lon, end_lat, distance_km, moving_s, max_speed_kmh, fix_count,
    confidence, run_id, detector, track_digest, resume_from, settled_at, content_digest, matched, as_of
"""

INSERT_TRIP = f"""
INSERT INTO trip (vehicle_id, version, {TRIP_COLUMNS})
VALUES ($1, $2, tstzrange($3, $4, '[)'), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
        $20, $21, $22)
RETURNING id
"""  # noqa: S608 - the columns are a constant

COMPLETE_TRIP = f"""
UPDATE trip SET ({TRIP_COLUMNS}) = (tstzrange($2, $3, '[)'), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
    $15, $16, $17, $18, $19, $20, $21)
WHERE id = $1 AND NOT closed
"""  # noqa: S608 - the columns are a constant

NOTE_RESUME_POINT = """
UPDATE trip SET resume_from = $2, settled_at = $3
WHERE id = $1 AND (resume_from, settled_at) IS DISTINCT FROM ($2, $3)
"""

VIOLATION_COLUMNS = """
    severity, trip_id, run_id, request_id, driver_id, during, lon, lat, measures, thresholds, evidence,
    explanations, content_digest, provisional, as_of, rule_version
"""

NEXT_VERSION = "SELECT coalesce(max(version), 0) + 1 FROM violation WHERE identity = $1"

INSERT_VIOLATION = f"""
INSERT INTO violation (vehicle_id, rule_code, identity, version, {VIOLATION_COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, tstzrange($10, $11, '[]'), $12, $13, $14, $15, $16, $17, $18, $19,
        $20, $21)
RETURNING id
"""  # noqa: S608 - the columns are a constant

COMPLETE_VIOLATION = f"""
UPDATE violation SET ({VIOLATION_COLUMNS}) = ($2, $3, $4, $5, $6, tstzrange($7, $8, '[]'), $9, $10, $11, $12,
    $13, $14, $15, $16, $17, $18)
WHERE id = $1 AND provisional
"""  # noqa: S608 - the columns are a constant

POINT_TO_TRIP = "UPDATE violation SET trip_id = $2 WHERE id = $1 AND trip_id IS DISTINCT FROM $2"


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Results from `end` on are found again by reading fixes from `resume_from` on."""

    end: datetime
    resume_from: datetime


@dataclass(frozen=True, slots=True)
class RecordedTrip:
    row: Recorded
    track_digest: str
    matched: dict[str, Any] | None


async def resume_point(
    connection: Connection, vehicle_id: int, unchanged_until: datetime, before: datetime, apart: timedelta
) -> ResumePoint | None:
    """The last one before `before` such that nothing from `unchanged_until` on can reach behind it."""
    row = await connection.fetchrow(RESUME_POINT, vehicle_id, DETECTOR, unchanged_until, before, apart)
    return None if row is None else ResumePoint(**row)


async def current_trips(connection: Connection, vehicle_id: int, since: datetime) -> list[RecordedTrip]:
    return [
        RecordedTrip(
            Recorded(
                row["id"],
                "trip",
                row["start"],
                row["end"],
                row["provisional"],
                row["version"],
                row["content"],
            ),
            row["track_digest"],
            row["matched"],
        )
        for row in await connection.fetch(CURRENT_TRIPS, vehicle_id, since)
    ]


async def current_violations(connection: Connection, vehicle_id: int, since: datetime) -> list[Recorded]:
    return [Recorded(**row) for row in await connection.fetch(CURRENT_VIOLATIONS, vehicle_id, since)]


async def first_unmatched(connection: Connection, vehicle_id: int) -> datetime | None:
    """Start of the earliest trip that still waits for the road network."""
    found: datetime | None = await connection.fetchval(FIRST_UNMATCHED, vehicle_id)
    return found


async def supersede_trips(connection: Connection, ids: list[int], at: datetime) -> None:
    await connection.execute(SUPERSEDE_TRIPS, ids, at)


async def superseded_trip_by(connection: Connection, old_id: int, new_id: int) -> None:
    await connection.execute(SUPERSEDED_TRIP_BY, old_id, new_id)


async def insert_trip(
    connection: Connection, vehicle_id: int, version: int, result: TripResult, as_of: datetime
) -> int:
    new_id: int = await connection.fetchval(INSERT_TRIP, vehicle_id, version, *_trip_values(result, as_of))
    return new_id


async def complete_trip(connection: Connection, trip_id: int, result: TripResult, as_of: datetime) -> None:
    await connection.execute(COMPLETE_TRIP, trip_id, *_trip_values(result, as_of))


async def note_resume_point(connection: Connection, trip_id: int, result: TripResult) -> None:
    """From where a pass may begin is known later than the trip; it is no part of what the trip says."""
    await connection.execute(NOTE_RESUME_POINT, trip_id, result.trip.resume_from, result.trip.settled_at)


async def supersede_violations(
    connection: Connection, ids: list[int], at: datetime, *, withdrawn: bool
) -> None:
    await connection.execute(SUPERSEDE_VIOLATIONS, ids, at, withdrawn)


async def superseded_violation_by(connection: Connection, old_id: int, new_id: int) -> None:
    await connection.execute(SUPERSEDED_VIOLATION_BY, old_id, new_id)


async def insert_violation(
    connection: Connection,
    vehicle_id: int,
    identity: str,
    result: FindingResult,
    trip_id: int | None,
    as_of: datetime,
) -> int:
    version = await connection.fetchval(NEXT_VERSION, identity)
    new_id: int = await connection.fetchval(
        INSERT_VIOLATION,
        vehicle_id,
        result.finding.rule,
        identity,
        version,
        *_violation_values(result, trip_id, as_of),
    )
    return new_id


async def complete_violation(
    connection: Connection, violation_id: int, result: FindingResult, trip_id: int | None, as_of: datetime
) -> None:
    await connection.execute(COMPLETE_VIOLATION, violation_id, *_violation_values(result, trip_id, as_of))


async def point_to_trip(connection: Connection, violation_id: int, trip_id: int | None) -> None:
    """The trip got a new version, the finding did not."""
    await connection.execute(POINT_TO_TRIP, violation_id, trip_id)


def _trip_values(result: TripResult, as_of: datetime) -> tuple[Any, ...]:
    trip = result.trip
    return (
        trip.start, trip.end, trip.closed, *trip.start_spot, *trip.end_spot, trip.distance_km,
        trip.moving_s, trip.max_speed_kmh, trip.fix_count, trip.confidence, result.run_id, DETECTOR,
        trip.digest, trip.resume_from, trip.settled_at, result.content, result.matched, as_of,
    )  # fmt: skip


def _violation_values(result: FindingResult, trip_id: int | None, as_of: datetime) -> tuple[Any, ...]:
    found = result.finding
    return (
        found.severity, trip_id, found.run_id, found.request_id, found.driver_id, found.start, found.end,
        *found.spot, found.measures, found.thresholds, result.evidence, result.explanations, result.content,
        found.provisional, as_of, found.rule_version,
    )  # fmt: skip
