"""Cases: opened and moved with the findings they carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.database import Connection
from fleet.supervision.cases import Standing
from schemas.clock import SHANGHAI

CASE_OF_FINDING = """
SELECT violation_case.id, violation_case.status, violation_case.severity
FROM case_violation JOIN violation_case ON violation_case.id = case_violation.case_id
WHERE case_violation.identity = $1 FOR UPDATE OF violation_case
"""

# The same trip or stay: by its name, or by another current finding about it when late data moved its start.
CASE_OF_SUBJECT = """
SELECT violation_case.id, violation_case.status, violation_case.severity
FROM violation_case
WHERE violation_case.subject = $1 OR violation_case.id IN (
    SELECT case_violation.case_id
    FROM case_violation JOIN violation ON violation.identity = case_violation.identity
    WHERE violation.trip_id = $2 AND violation.superseded_at IS NULL)
ORDER BY violation_case.id LIMIT 1 FOR UPDATE
"""

OPEN_CASE = """
INSERT INTO violation_case (number, organisation_id, vehicle_id, subject, status, severity, due_at, opened_at)
VALUES ('AJ-' || $6 || '-' || lpad(nextval('case_number')::text, 4, '0'), $1, $2, $3, 'detected', $4, $5, $5)
RETURNING id
"""

ADD_FINDING = "INSERT INTO case_violation (case_id, identity) VALUES ($1, $2) ON CONFLICT DO NOTHING"

STANDING = """
SELECT violation.severity, violation.explanations, violation.provisional,
       violation.trip_id IS NOT NULL AS driving
FROM case_violation JOIN violation ON violation.identity = case_violation.identity
WHERE case_violation.case_id = $1 AND violation.superseded_at IS NULL
"""

MOVE_CASE = """
UPDATE violation_case
SET status = $2, severity = coalesce($3, severity), due_at = coalesce($4, due_at), closed_at = $5,
    cause_code = $6, version = version + 1
WHERE id = $1
"""

ACT_ON_CASE = """
UPDATE violation_case
SET status = $4, due_at = coalesce($5, due_at), closed_at = $6, cause_code = $7, version = version + 1
WHERE id = $1 AND version = $2 AND status = ANY($3)
RETURNING id
"""

ADD_ENTRY = """
INSERT INTO case_entry (case_id, at, account_id, action, from_status, to_status, note)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class CaseRow:
    id: int
    status: str
    severity: str


async def case_of_finding(connection: Connection, identity: str) -> CaseRow | None:
    return _case(await connection.fetchrow(CASE_OF_FINDING, identity))


async def case_of_subject(connection: Connection, subject: str, trip_id: int | None) -> CaseRow | None:
    return _case(await connection.fetchrow(CASE_OF_SUBJECT, subject, trip_id))


async def open_case(
    connection: Connection, organisation_id: int, vehicle_id: int, subject: str, severity: str, now: datetime
) -> CaseRow:
    day = f"{now.astimezone(SHANGHAI):%m%d}"
    new_id = await connection.fetchval(OPEN_CASE, organisation_id, vehicle_id, subject, severity, now, day)
    return CaseRow(new_id, "detected", severity)


async def add_finding(connection: Connection, case_id: int, identity: str) -> None:
    await connection.execute(ADD_FINDING, case_id, identity)


async def standing(connection: Connection, case_id: int) -> list[Standing]:
    """The current findings of the case."""
    return [
        Standing(
            row["severity"],
            any(tried["holds"] and tried["clears"] for tried in row["explanations"]),
            row["severity"] == "red" and row["provisional"] and row["driving"],
        )
        for row in await connection.fetch(STANDING, case_id)
    ]


async def move_case(
    connection: Connection,
    case_id: int,
    status: str,
    *,
    severity: str | None,
    due_at: datetime | None,
    closed_at: datetime | None,
    cause_code: str | None = None,
) -> None:
    await connection.execute(MOVE_CASE, case_id, status, severity, due_at, closed_at, cause_code)


async def act_on_case(
    connection: Connection,
    case_id: int,
    version: int,
    allowed: frozenset[str],
    status: str,
    *,
    due_at: datetime | None,
    closed_at: datetime | None,
    cause_code: str | None,
) -> bool:
    """A person's step, if the case is still what they saw; False when it moved on meanwhile."""
    moved = await connection.fetchval(
        ACT_ON_CASE, case_id, version, sorted(allowed), status, due_at, closed_at, cause_code
    )
    return moved is not None


async def add_entry(
    connection: Connection,
    case_id: int,
    at: datetime,
    action: str,
    from_status: str,
    to_status: str,
    *,
    account_id: int | None = None,
    note: str = "",
) -> None:
    await connection.execute(ADD_ENTRY, case_id, at, account_id, action, from_status, to_status, note)


def _case(row: Any) -> CaseRow | None:
    return None if row is None else CaseRow(**row)
