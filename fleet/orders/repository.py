"""Requests in SQL. Every statement that reads for a person takes their scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fleet.database import Connection
from fleet.orders.model import Moved, OrganisationRef, Scope
from schemas.api.base import Named, Spot
from schemas.api.requests import NewRequest, RequestDetail, RequestStatus, RequestSummary

# `decide_by`: the moment the best open proposal's car must leave; without one, 15 minutes before the
# passengers are ready. `proposals`: open ones. `infeasible`: the planner found that no car can serve it.
REQUESTS = """
SELECT r.*, o.name AS organisation_name, who.name AS requester, decider.name AS decider,
       coalesce(best.starts_at, r.pickup_from - interval '15 minutes') AS decide_by,
       coalesce(found.open, 0) AS proposals,
       coalesce(found.infeasible, false) AS infeasible,
       ride.run_id, ride.plate
FROM request r
JOIN organisation o ON o.id = r.organisation_id
JOIN organisation s ON s.id = r.supplier_id
JOIN account who ON who.id = r.requester_id
LEFT JOIN account decider ON decider.id = r.decided_by
LEFT JOIN LATERAL (
    SELECT (p.plan ->> 'starts_at')::timestamptz AS starts_at
    FROM proposal p WHERE p.request_id = r.id AND p.status = 'open' ORDER BY p.rank LIMIT 1
) best ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE p.status = 'open') AS open, bool_or(p.status = 'infeasible') AS infeasible
    FROM proposal p WHERE p.request_id = r.id AND p.status IN ('open', 'infeasible')
) found ON true
LEFT JOIN LATERAL (
    SELECT run.id AS run_id, v.plate
    FROM run_stop stop JOIN run ON run.id = stop.run_id AND run.status <> 'cancelled'
    JOIN vehicle v ON v.id = run.vehicle_id
    WHERE stop.request_id = r.id ORDER BY run.id DESC LIMIT 1
) ride ON true
WHERE (o.path <@ $1::text::ltree OR ($2 AND s.path <@ $1::text::ltree))
"""

LIST_REQUESTS = f"{REQUESTS} AND r.status = ANY ($3) ORDER BY decide_by, r.id LIMIT $4"

ONE_REQUEST = f"{REQUESTS} AND r.id = $3"

INSERT_REQUEST = """
INSERT INTO request (number, organisation_id, supplier_id, requester_id, kind, status, purpose,
    contact_name, contact_phone, origin, origin_lon, origin_lat, destination, destination_lon,
    destination_lat, form, waiting_s, passengers, luggage, wheelchair, body_requested, pickup_from,
    pickup_until, arrive_by, share_consent, detour_cap_s, holiday, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28)
RETURNING id, number, status, organisation_id, supplier_id, arrive_by
"""

NEXT_NUMBER = "SELECT nextval('request_number')"

# One statement decides a race: whoever finds the row in a state the step starts from.
MOVE = """
UPDATE request r SET status = step.new, version = r.version + 1
FROM unnest($2::text[], $3::text[]) AS step (old, new)
WHERE r.id = $1 AND r.status = step.old
RETURNING r.id, r.number, r.status, r.organisation_id, r.supplier_id, r.arrive_by
"""

STATUS_OF = "SELECT number, status FROM request WHERE id = $1"

SET_DECISION = "UPDATE request SET decided_by = $2, decided_at = $3, decision_note = $4 WHERE id = $1"

REQUESTER_OF = "SELECT requester_id FROM request WHERE id = $1"

ORGANISATION = "SELECT id, name, path::text AS path FROM organisation WHERE id = $1"

# The pool that serves an organisation: the supplier nearest to it in the tree.
SUPPLIER_FOR = """
SELECT id, name, path::text AS path FROM organisation
WHERE 'supplier' = ANY (kinds)
ORDER BY nlevel(lca(path, $1::text::ltree)) DESC, nlevel(path), id LIMIT 1
"""


def _summary_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "status": row["status"],
        "kind": row["kind"],
        "organisation": Named(id=row["organisation_id"], name=row["organisation_name"]),
        "contact_name": row["contact_name"],
        "purpose": row["purpose"],
        "origin": Spot(name=row["origin"], lon=row["origin_lon"], lat=row["origin_lat"]),
        "destination": Spot(name=row["destination"], lon=row["destination_lon"], lat=row["destination_lat"]),
        "form": row["form"],
        "waiting_min": row["waiting_s"] // 60,
        "passengers": row["passengers"],
        "luggage": row["luggage"],
        "wheelchair": row["wheelchair"],
        "body_requested": row["body_requested"],
        "pickup_from": row["pickup_from"],
        "pickup_until": row["pickup_until"],
        "arrive_by": row["arrive_by"],
        "share_consent": row["share_consent"],
        "decide_by": row["decide_by"],
        "proposals": row["proposals"],
        "infeasible": row["infeasible"],
        "run_id": row["run_id"],
        "vehicle_plate": row["plate"],
        "version": row["version"],
    }


async def list_requests(
    connection: Connection, scope: Scope, statuses: Sequence[RequestStatus], limit: int
) -> list[RequestSummary]:
    rows = await connection.fetch(LIST_REQUESTS, scope.path, scope.pool, list(statuses), limit)
    return [RequestSummary(**_summary_fields(row)) for row in rows]


async def one_request(connection: Connection, scope: Scope, request_id: int) -> RequestDetail | None:
    row = await connection.fetchrow(ONE_REQUEST, scope.path, scope.pool, request_id)
    if row is None:
        return None
    return RequestDetail(
        **_summary_fields(row),
        contact_phone=row["contact_phone"],
        requester=row["requester"],
        decided_by=row["decider"],
        decided_at=row["decided_at"],
        created_at=row["created_at"],
        detour_cap_min=row["detour_cap_s"] // 60,
        holiday=row["holiday"],
    )


async def insert_request(
    connection: Connection,
    new: NewRequest,
    *,
    number: str,
    organisation_id: int,
    supplier_id: int,
    requester_id: int,
    kind: str,
    status: RequestStatus,
    created_at: datetime,
) -> Moved:
    row = await connection.fetchrow(
        INSERT_REQUEST, number, organisation_id, supplier_id, requester_id, kind, status, new.purpose,
        new.contact_name, new.contact_phone, new.origin.name, new.origin.lon, new.origin.lat,
        new.destination.name, new.destination.lon, new.destination.lat, new.form, new.waiting_min * 60,
        new.passengers, new.luggage, new.wheelchair, new.body_requested, new.pickup_from, new.latest_pickup,
        new.arrive_by, new.share_consent, new.detour_cap_min * 60, new.holiday, created_at,
    )  # fmt: skip
    return Moved(**row)


async def next_number(connection: Connection) -> int:
    return int(await connection.fetchval(NEXT_NUMBER))


async def move(
    connection: Connection, request_id: int, moves: Mapping[RequestStatus, RequestStatus]
) -> Moved | None:
    """Change the state if the request is in one of the old states of `moves`; None when it is not."""
    row = await connection.fetchrow(MOVE, request_id, list(moves.keys()), list(moves.values()))
    return Moved(**row) if row else None


async def status_of(connection: Connection, request_id: int) -> tuple[str, RequestStatus] | None:
    row = await connection.fetchrow(STATUS_OF, request_id)
    return (row["number"], row["status"]) if row else None


async def set_decision(
    connection: Connection, request_id: int, account_id: int, at: datetime, note: str
) -> None:
    await connection.execute(SET_DECISION, request_id, account_id, at, note)


async def requester_of(connection: Connection, request_id: int) -> int:
    return int(await connection.fetchval(REQUESTER_OF, request_id))


async def organisation(connection: Connection, organisation_id: int) -> OrganisationRef | None:
    row = await connection.fetchrow(ORGANISATION, organisation_id)
    return OrganisationRef(**row) if row else None


async def supplier_for(connection: Connection, organisation_path: str) -> OrganisationRef | None:
    row = await connection.fetchrow(SUPPLIER_FOR, organisation_path)
    return OrganisationRef(**row) if row else None
