"""What a person's decision rests on, read once more under locks, and the proposals it settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.database import Connection
from fleet.dispatching.model import RunRow
from schemas.api.proposals import ProposedRun

SUPPLIER_IN_SCOPE = """
SELECT r.supplier_id FROM request r JOIN organisation s ON s.id = r.supplier_id
WHERE r.id = $1 AND s.path <@ $2::text::ltree
"""

RUN_IN_SCOPE = """
SELECT EXISTS (
    SELECT 1 FROM run r JOIN organisation o ON o.id = r.organisation_id
    WHERE r.id = $1 AND o.path <@ $2::text::ltree
)
"""

PROPOSAL = """
SELECT p.id, p.request_id, p.status, p.vehicle_id, p.driver_id, p.run_id, p.run_version, p.serves, p.plan,
       p.expires_at
FROM proposal p JOIN request r ON r.id = p.request_id JOIN organisation s ON s.id = r.supplier_id
WHERE p.id = $1 AND s.path <@ $2::text::ltree
"""

# In one order always, so that two confirmations never wait for each other in a circle.
LOCK_REQUESTS = """
SELECT id, number, version, status, supplier_id FROM request WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
"""

# Whoever takes a car or a driver waits here for the one before, instead of both failing on the constraint.
LOCK_VEHICLE = "SELECT plate, status, organisation_id FROM vehicle WHERE id = $1 FOR NO KEY UPDATE"
LOCK_DRIVER = "SELECT account_id FROM driver WHERE id = $1 FOR NO KEY UPDATE"

HOME_BAY = """
SELECT b.lon, b.lat, d.lon AS depot_lon, d.lat AS depot_lat
FROM vehicle v JOIN bay b ON b.id = v.home_bay_id JOIN depot d ON d.id = b.depot_id WHERE v.id = $1
"""

# A run of the car that is over before $2 begins: the car then starts from its depot, wherever it stands now.
HAS_EARLIER_RUN = """
SELECT EXISTS (
    SELECT 1 FROM run
    WHERE vehicle_id = $1 AND status IN ('dispatched', 'accepted', 'under_way') AND planned_start < $2
)
"""

MARK_CONFIRMED = """
UPDATE proposal SET status = 'confirmed', confirmed_run_id = $2 WHERE id = $1 AND status = 'open' RETURNING id
"""

SUPERSEDE_PROPOSALS = """
UPDATE proposal SET status = 'superseded' WHERE request_id = ANY ($1) AND status IN ('open', 'infeasible')
"""

# What others were proposed with these requests, or on this car or driver in this time, no longer holds.
# Rows that the planner is just writing are skipped: it withdraws them itself.
SUPERSEDE_OVERTAKEN = """
UPDATE proposal SET status = 'superseded' WHERE id IN (
    SELECT p.id FROM proposal p
    WHERE p.status = 'open' AND (
        p.run_id = $1
        OR EXISTS (
            SELECT 1 FROM jsonb_array_elements(p.serves) AS served WHERE (served ->> 0)::bigint = ANY ($6))
        OR (p.vehicle_id = $2 OR p.driver_id = $3)
           AND tstzrange((p.plan ->> 'starts_at')::timestamptz, (p.plan ->> 'ends_at')::timestamptz)
               && tstzrange($4, $5))
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    id: int
    request_id: int
    status: str
    vehicle_id: int | None
    driver_id: int | None
    joins: tuple[int, int] | None
    serves: tuple[tuple[int, int], ...]
    plan: ProposedRun | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LockedRequest:
    id: int
    number: str
    version: int
    status: str
    supplier_id: int


@dataclass(frozen=True, slots=True)
class LockedVehicle:
    plate: str
    status: str
    organisation_id: int


async def supplier_in_scope(connection: Connection, request_id: int, reader_path: str) -> int | None:
    """The pool asked by the request, if it is the reader's."""
    supplier: int | None = await connection.fetchval(SUPPLIER_IN_SCOPE, request_id, reader_path)
    return supplier


async def is_in_scope(connection: Connection, run_id: int, reader_path: str) -> bool:
    return bool(await connection.fetchval(RUN_IN_SCOPE, run_id, reader_path))


async def proposal(connection: Connection, proposal_id: int, reader_path: str) -> ProposalRow | None:
    row = await connection.fetchrow(PROPOSAL, proposal_id, reader_path)
    if row is None:
        return None
    return ProposalRow(
        id=row["id"],
        request_id=row["request_id"],
        status=row["status"],
        vehicle_id=row["vehicle_id"],
        driver_id=row["driver_id"],
        joins=(row["run_id"], row["run_version"]) if row["run_id"] is not None else None,
        serves=tuple((request_id, version) for request_id, version in row["serves"]),
        plan=ProposedRun.model_validate(row["plan"]) if row["vehicle_id"] is not None else None,
        expires_at=row["expires_at"],
    )


async def lock_requests(connection: Connection, request_ids: Sequence[int]) -> list[LockedRequest]:
    return [LockedRequest(**row) for row in await connection.fetch(LOCK_REQUESTS, list(request_ids))]


async def lock_vehicle(connection: Connection, vehicle_id: int) -> LockedVehicle:
    return LockedVehicle(**await connection.fetchrow(LOCK_VEHICLE, vehicle_id))


async def lock_driver(connection: Connection, driver_id: int) -> int:
    """Returns the driver's account."""
    return int(await connection.fetchval(LOCK_DRIVER, driver_id))


async def home_spots(connection: Connection, vehicle_id: int) -> list[tuple[float, float]]:
    row = await connection.fetchrow(HOME_BAY, vehicle_id)
    return [(row["lon"], row["lat"]), (row["depot_lon"], row["depot_lat"])]


async def has_earlier_run(connection: Connection, vehicle_id: int, start: datetime) -> bool:
    return bool(await connection.fetchval(HAS_EARLIER_RUN, vehicle_id, start))


async def mark_confirmed(connection: Connection, proposal_id: int, run_id: int) -> bool:
    return await connection.fetchval(MARK_CONFIRMED, proposal_id, run_id) is not None


async def supersede_proposals(connection: Connection, request_ids: Sequence[int]) -> None:
    await connection.execute(SUPERSEDE_PROPOSALS, list(request_ids))


async def supersede_overtaken(
    connection: Connection, run: RunRow, plan: ProposedRun, request_ids: Sequence[int]
) -> None:
    await connection.execute(
        SUPERSEDE_OVERTAKEN, run.id, run.vehicle_id, run.driver_id, plan.starts_at, plan.ends_at,
        list(request_ids),
    )  # fmt: skip
