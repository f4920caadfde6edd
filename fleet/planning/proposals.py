"""What a clerk reads about one request: the proposals that stand, or why there are none."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from fleet.database import Connection
from fleet.errors import NotFoundError
from fleet.planning.company import company_of
from fleet.planning.leader import somebody_leads
from schemas.api.proposals import Obstacle, Proposal, ProposalSet, ProposedRun, Reason

# A request that the reader's pool serves.
REQUEST_IN_SCOPE = """
SELECT r.status FROM request r JOIN organisation s ON s.id = r.supplier_id
WHERE r.id = $1 AND s.path <@ $2::text::ltree
"""

STANDING_PROPOSALS = """
SELECT p.id, p.rank, p.status, p.snapshot_at, p.solve_ms, p.vehicle_id, v.plate, v.energy, p.driver_id,
       d.name AS driver, p.run_id, p.plan, p.reasons, p.obstacle, p.expires_at
FROM proposal p
LEFT JOIN vehicle v ON v.id = p.vehicle_id
LEFT JOIN driver d ON d.id = p.driver_id
WHERE p.request_id = $1 AND (p.status = 'infeasible' OR (p.status = 'open' AND p.expires_at > $2))
ORDER BY p.rank
"""

# Runs of the proposed cars and drivers, and the request itself, that changed after what the plan saw:
# each once, however often it changed. Exact by transaction, so a change under way at the time counts.
CHANGES_SINCE = """
WITH standing AS (
    SELECT request_id, vehicle_id, driver_id, snapshot FROM proposal
    WHERE request_id = $1 AND status IN ('open', 'infeasible')
), touched AS (
    SELECT 'run' AS kind, r.id::text AS id, s.snapshot
    FROM standing s JOIN run r ON r.vehicle_id = s.vehicle_id OR r.driver_id = s.driver_id
    WHERE r.planned_end > $2::timestamptz - interval '1 day'
    UNION ALL
    SELECT 'request', s.request_id::text, s.snapshot FROM standing s
)
SELECT count(DISTINCT (t.kind, t.id)) FROM touched t
JOIN audit_entry a ON a.subject_kind = t.kind AND a.subject_id = t.id
WHERE NOT pg_visible_in_snapshot(a.xid, t.snapshot)
"""


OPEN_REQUESTS = """
SELECT r.id, s.path::text AS path FROM request r JOIN organisation s ON s.id = r.supplier_id
WHERE r.status = 'pending_dispatch' ORDER BY r.pickup_from, r.id
"""


async def open_proposal_sets(connection: Connection, now: datetime) -> list[ProposalSet]:
    """What stands for every open request, soonest pick-up first."""
    rows = await connection.fetch(OPEN_REQUESTS)
    return [await proposal_set(connection, row["id"], row["path"], now) for row in rows]


async def proposal_set(
    connection: Connection, request_id: int, reader_path: str, now: datetime
) -> ProposalSet:
    """The proposals that stand for a request of the reader's pool."""
    if await connection.fetchval(REQUEST_IN_SCOPE, request_id, reader_path) is None:
        raise NotFoundError(f"there is no request {request_id}")
    rows = await connection.fetch(STANDING_PROPOSALS, request_id, now)
    proposals = [_proposal(request_id, row) for row in rows if row["status"] == "open"]
    obstacle = next((Obstacle.model_validate(r["obstacle"]) for r in rows if r["obstacle"]), None)
    state = "ready" if proposals else "infeasible" if obstacle else "computing"
    if state == "computing" and not await somebody_leads(connection):
        state = "planner_down"
    return ProposalSet.model_validate(
        {
            "request_id": request_id,
            "state": state,
            "snapshot_at": rows[0]["snapshot_at"] if rows else None,
            "solve_ms": rows[0]["solve_ms"] if rows else None,
            "proposals": proposals,
            "obstacle": obstacle,
            "changes_since": await connection.fetchval(CHANGES_SINCE, request_id, now),
        }
    )


def _proposal(request_id: int, row: asyncpg.Record) -> Proposal:
    plan = ProposedRun.model_validate(row["plan"])
    company = company_of(request_id, plan.stops)
    return Proposal(
        id=row["id"],
        rank=row["rank"],
        vehicle_id=row["vehicle_id"],
        plate=row["plate"],
        energy=row["energy"],
        driver_id=row["driver_id"],
        driver=row["driver"],
        joins_run_id=row["run_id"],
        pooled_with=company.on_board,
        same_run=company.before_or_after,
        plan=plan,
        reasons=[Reason.model_validate(reason) for reason in row["reasons"]],
        expires_at=row["expires_at"],
    )
