"""Proposals, travel times and the planner's lease in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import asyncpg

from fleet.database import Connection
from fleet.planning.cards import Card
from fleet.planning.errors import StaleLeaderError
from fleet.planning.router import Leg
from fleet.planning.snapshot import Snapshot
from fleet.planning.spots import Spot
from schemas.api.proposals import Obstacle, ProposedRun, Reason

LEASE = "planner"
ANY_HOUR = -1
"""Bucket of travel times that do not depend on the hour."""

# The token only grows: whoever holds an older one is refused by CHECK_LEASE.
TAKE_LEASE = """
INSERT INTO planner_lease (name, token, holder, address) VALUES ($1, 1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET token = planner_lease.token + 1, holder = excluded.holder, address = excluded.address
RETURNING token
"""

# Held until the writing transaction ends: a new leader waits for it, and later writes of ours find nothing.
CHECK_LEASE = "SELECT token FROM planner_lease WHERE name = $1 AND token = $2 FOR SHARE"

LEADER_ADDRESS = "SELECT address FROM planner_lease WHERE name = $1"

CURRENT_PROPOSALS = """
SELECT id, request_id, rank, status, snapshot_at, vehicle_id, driver_id, run_id, serves, plan, obstacle
FROM proposal WHERE request_id = ANY ($1) AND status IN ('open', 'infeasible')
ORDER BY request_id, rank
"""

OPEN_REQUEST_VERSIONS = (
    "SELECT id, version, supplier_id FROM request WHERE id = ANY ($1) AND status = 'pending_dispatch'"
)

INSERT_PROPOSAL = """
INSERT INTO proposal (request_id, rank, status, vehicle_id, driver_id, run_id, run_version, serves, plan,
                      reasons, obstacle, expires_at, snapshot_at, snapshot, solve_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text::pg_snapshot, $15)
"""

# The same plan, seen again: it keeps its id, so that a clerk who reads it may still confirm it.
REFRESH_PROPOSAL = """
UPDATE proposal
SET vehicle_id = $2, driver_id = $3, run_id = $4, run_version = $5, serves = $6, plan = $7, reasons = $8,
    obstacle = $9, expires_at = $10, snapshot_at = $11, snapshot = $12::text::pg_snapshot, solve_ms = $13
WHERE id = $1 AND status IN ('open', 'infeasible')
"""

SUPERSEDE = (
    "UPDATE proposal SET status = 'superseded' WHERE id = ANY ($1) AND status IN ('open', 'infeasible')"
)

# Proposals that would put in force, alone or among others, a request that is settled or changed since.
SUPERSEDE_SETTLED = """
UPDATE proposal p SET status = 'superseded'
WHERE p.status IN ('open', 'infeasible') AND EXISTS (
    SELECT 1 FROM jsonb_array_elements(p.serves) AS served
    JOIN request r ON r.id = (served ->> 0)::bigint
    WHERE r.status <> 'pending_dispatch' OR r.version <> (served ->> 1)::integer
)
"""

# What was promised elsewhere since: the car or driver is taken then, or the run to join has changed.
SUPERSEDE_OVERTAKEN = """
WITH standing AS (
    SELECT id, run_id, run_version, vehicle_id, driver_id,
           tstzrange((plan ->> 'starts_at')::timestamptz, (plan ->> 'ends_at')::timestamptz) AS during
    FROM proposal WHERE status = 'open'
)
UPDATE proposal p SET status = 'superseded' FROM standing s
WHERE p.id = s.id AND (
    EXISTS (
        SELECT 1 FROM run r
        WHERE r.id = s.run_id
          AND (r.plan_version <> s.run_version OR r.locked OR r.status IN ('returned', 'cancelled')))
    OR EXISTS (
        SELECT 1 FROM vehicle_reservation b
        WHERE b.vehicle_id = s.vehicle_id AND NOT b.released AND b.run_id IS DISTINCT FROM s.run_id
          AND b.during && s.during)
    OR EXISTS (
        SELECT 1 FROM driver_reservation b
        WHERE b.driver_id = s.driver_id AND NOT b.released AND b.run_id IS DISTINCT FROM s.run_id
          AND b.during && s.during)
)
"""

EXPIRE = """
UPDATE proposal p SET status = 'expired' FROM request r
WHERE p.status = 'open' AND p.expires_at <= $1 AND r.id = p.request_id
RETURNING p.request_id, r.supplier_id
"""

TRAVEL_TIMES = """
SELECT from_spot, to_spot, seconds, metres FROM travel_time
WHERE from_spot = ANY ($1) AND to_spot = ANY ($2) AND bucket = $3
"""

INSERT_TRAVEL_TIMES = """
INSERT INTO travel_time (from_spot, to_spot, bucket, seconds, metres, fetched_at)
SELECT from_spot, to_spot, $5, seconds, metres, $6
FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS leg (from_spot, to_spot, seconds, metres)
ON CONFLICT (from_spot, to_spot, bucket)
DO UPDATE SET seconds = excluded.seconds, metres = excluded.metres, fetched_at = excluded.fetched_at
"""


@dataclass(frozen=True, slots=True)
class CurrentProposal:
    """A proposal that stands now: open, or saying that nothing fits."""

    id: int
    request_id: int
    rank: int
    status: str
    snapshot_at: datetime
    vehicle_id: int | None
    driver_id: int | None
    run_id: int | None
    serves: frozenset[int]
    plan: ProposedRun | None
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a proposal says: a card's plan, or the obstacle."""

    vehicle_id: int | None
    driver_id: int | None
    joins: tuple[int, int] | None
    serves: tuple[tuple[int, int], ...]
    plan: ProposedRun | None
    reasons: tuple[Reason, ...]
    obstacle: Obstacle | None
    expires_at: datetime

    @classmethod
    def card(cls, card: Card) -> Self:
        return cls(
            card.vehicle_id,
            card.driver_id,
            card.joins,
            card.serves,
            card.plan,
            card.reasons,
            None,
            card.expires_at,
        )

    @classmethod
    def nothing_fits(cls, request: tuple[int, int], obstacle: Obstacle, expires_at: datetime) -> Self:
        return cls(None, None, None, (request,), None, (), obstacle, expires_at)


async def take_lease(connection: Connection, holder: str, address: str) -> int:
    """Become the leader for the database's eyes; returns the fencing token."""
    return int(await connection.fetchval(TAKE_LEASE, LEASE, holder, address))


async def check_lease(connection: Connection, token: int) -> None:
    """Refuse to go on when another planner leads since; holds leadership still until the transaction ends."""
    if await connection.fetchval(CHECK_LEASE, LEASE, token) is None:
        raise StaleLeaderError(f"another planner leads since this one took lease {token}")


async def leader_address(connection: Connection) -> str | None:
    address: str | None = await connection.fetchval(LEADER_ADDRESS, LEASE)
    return address


async def current_proposals(connection: Connection, request_ids: list[int]) -> list[CurrentProposal]:
    return [_current(row) for row in await connection.fetch(CURRENT_PROPOSALS, request_ids)]


def _current(row: asyncpg.Record) -> CurrentProposal:
    return CurrentProposal(
        id=row["id"],
        request_id=row["request_id"],
        rank=row["rank"],
        status=row["status"],
        snapshot_at=row["snapshot_at"],
        vehicle_id=row["vehicle_id"],
        driver_id=row["driver_id"],
        run_id=row["run_id"],
        serves=frozenset(request_id for request_id, _ in row["serves"]),
        plan=ProposedRun.model_validate(row["plan"]) if row["vehicle_id"] is not None else None,
        obstacle=Obstacle.model_validate(row["obstacle"]) if row["obstacle"] else None,
    )


async def open_request_versions(connection: Connection, request_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Version and supplier of those requests that are still open, by id."""
    rows = await connection.fetch(OPEN_REQUEST_VERSIONS, request_ids)
    return {row["id"]: (row["version"], row["supplier_id"]) for row in rows}


async def insert_proposal(
    connection: Connection, request_id: int, rank: int, written: Written, snapshot: Snapshot, solve_ms: int
) -> None:
    await connection.execute(
        INSERT_PROPOSAL, request_id, rank, "infeasible" if written.obstacle else "open", *_columns(written),
        snapshot.taken_at, snapshot.seen, solve_ms,
    )  # fmt: skip


async def refresh_proposal(
    connection: Connection, proposal_id: int, written: Written, snapshot: Snapshot, solve_ms: int
) -> None:
    await connection.execute(
        REFRESH_PROPOSAL, proposal_id, *_columns(written), snapshot.taken_at, snapshot.seen, solve_ms
    )


def _columns(written: Written) -> tuple[Any, ...]:
    run_id, run_version = written.joins or (None, None)
    return (
        written.vehicle_id,
        written.driver_id,
        run_id,
        run_version,
        written.serves,
        written.plan.model_dump(mode="json") if written.plan else {},
        [reason.model_dump(mode="json") for reason in written.reasons],
        written.obstacle.model_dump(mode="json") if written.obstacle else None,
        written.expires_at,
    )


async def supersede(connection: Connection, proposal_ids: list[int]) -> None:
    await connection.execute(SUPERSEDE, proposal_ids)


async def withdraw_stale(connection: Connection) -> None:
    """Proposals that could no longer be confirmed do not stand."""
    await connection.execute(SUPERSEDE_SETTLED)
    await connection.execute(SUPERSEDE_OVERTAKEN)


async def expire(connection: Connection, now: datetime) -> set[tuple[int, int]]:
    """Open proposals past their time are over; returns the requests they spoke of, with their suppliers."""
    return {(row["request_id"], row["supplier_id"]) for row in await connection.fetch(EXPIRE, now)}


async def read_travel_times(
    connection: Connection, sources: set[Spot], targets: set[Spot]
) -> dict[tuple[Spot, Spot], Leg]:
    rows = await connection.fetch(TRAVEL_TIMES, [s.key for s in sources], [t.key for t in targets], ANY_HOUR)
    return {
        (Spot.of_key(row["from_spot"]), Spot.of_key(row["to_spot"])): Leg(row["seconds"], row["metres"])
        for row in rows
    }


async def store_travel_times(
    connection: Connection, legs: dict[tuple[Spot, Spot], Leg], now: datetime
) -> None:
    if not legs:
        return
    ordered = sorted(legs.items())  # always in one order: two writers never wait for each other in a circle
    await connection.execute(
        INSERT_TRAVEL_TIMES,
        [a.key for (a, _), _ in ordered],
        [b.key for (_, b), _ in ordered],
        [leg.seconds for _, leg in ordered],
        [leg.metres for _, leg in ordered],
        ANY_HOUR,
        now,
    )
