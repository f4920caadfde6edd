"""Runs, their stops, and the steps of their drivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fleet.database import Connection
from fleet.dispatching.model import RunRow, StopRow
from fleet.dispatching.stops import Placed
from schemas.api.proposals import ProposedRun
from schemas.api.requests import RequestStatus
from schemas.api.runs import Step
from schemas.clock import SHANGHAI

NEXT_RUN_ID = "SELECT nextval(pg_get_serial_sequence('run', 'id'))"

INSERT_RUN = """
INSERT INTO run (id, number, organisation_id, vehicle_id, driver_id, status, planned_start, planned_end,
                 created_by, created_at)
OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, $5, 'dispatched', $6, $7, $8, $9)
"""

# Compare and set: of two who plan a run anew, the second finds another plan.
REWRITE_RUN = """
UPDATE run
SET planned_start = CASE WHEN status = 'under_way' THEN planned_start ELSE $3 END,
    planned_end = $4, version = version + 1, plan_version = plan_version + 1
WHERE id = $1 AND plan_version = $2 AND NOT locked AND status IN ('dispatched', 'accepted', 'under_way')
RETURNING status
"""

INSERT_STOP = """
INSERT INTO run_stop (run_id, place_in_run, kind, request_id, name, lon, lat, planned_arrival,
                      planned_departure, latest_arrival)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

MOVE_STOP = """
UPDATE run_stop SET place_in_run = $2, planned_arrival = $3, planned_departure = $4, latest_arrival = $5
WHERE id = $1
"""

# A tap at a stop that is taken away stays counted; the audit log remembers where it was.
DETACH_STEPS = """
UPDATE run_step SET stop_id = NULL
WHERE stop_id IN (SELECT id FROM run_stop WHERE run_id = $1 AND request_id = $2)
"""

DELETE_STOPS = "DELETE FROM run_stop WHERE run_id = $1 AND request_id = $2"

RENUMBER_STOPS = """
UPDATE run_stop s SET place_in_run = n.place FROM (
    SELECT id, row_number() OVER (ORDER BY place_in_run) AS place FROM run_stop WHERE run_id = $1
) n WHERE n.id = s.id
"""

RUN = """
SELECT r.id, r.number, r.organisation_id, r.vehicle_id, r.driver_id, d.account_id AS driver_account_id,
       r.status, r.planned_start, r.planned_end, r.started_at, r.ended_at, r.odometer_start_km,
       r.odometer_end_km, r.version
FROM run r JOIN driver d ON d.id = r.driver_id
WHERE r.id = $1
"""

LOCKED_RUN = f"{RUN} FOR NO KEY UPDATE OF r"

STOPS = """
SELECT id, place_in_run, kind, request_id, name, lon, lat, planned_arrival, planned_departure, latest_arrival,
       arrived_at, departed_at
FROM run_stop WHERE run_id = $1 ORDER BY place_in_run
"""

RUN_OF_REQUEST = """
SELECT r.id FROM run_stop s JOIN run r ON r.id = s.run_id
WHERE s.request_id = $1 AND r.status IN ('dispatched', 'accepted', 'under_way')
"""

UPDATE_RUN = """
UPDATE run SET status = $2, accepted_at = coalesce(accepted_at, $3), started_at = $4, ended_at = $5,
               odometer_start_km = $6, odometer_end_km = $7, version = version + 1
WHERE id = $1
"""

PLANNED_ANEW = "UPDATE run SET version = version + 1, plan_version = plan_version + 1 WHERE id = $1"

MARK_STOP = "UPDATE run_stop SET arrived_at = $2, departed_at = $3 WHERE id = $1"

# A key seen before inserts nothing.
INSERT_STEP = """
INSERT INTO run_step (idempotency_key, run_id, action, stop_id, account_id, occurred_at, received_at, lon,
                      lat, odometer_km)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (idempotency_key) DO NOTHING RETURNING idempotency_key
"""

STEP = "SELECT run_id, action FROM run_step WHERE idempotency_key = $1"

LAST_SEEN = "SELECT lon, lat FROM vehicle_state WHERE vehicle_id = $1"

STATUSES_OF_REQUESTS = "SELECT id, status FROM request WHERE id = ANY ($1) ORDER BY id"


async def insert_run(
    connection: Connection,
    *,
    organisation_id: int,
    vehicle_id: int,
    driver_id: int,
    plan: ProposedRun,
    created_by: int,
    now: datetime,
) -> int:
    run_id = int(await connection.fetchval(NEXT_RUN_ID))
    number = f"PC-{now.astimezone(SHANGHAI):%m%d}-{run_id:04d}"
    await connection.execute(
        INSERT_RUN, run_id, number, organisation_id, vehicle_id, driver_id, plan.starts_at, plan.ends_at,
        created_by, now,
    )  # fmt: skip
    return run_id


async def rewrite_run(connection: Connection, run_id: int, plan_version: int, plan: ProposedRun) -> bool:
    """Compare and set; False when the run was planned anew since `plan_version`, is locked, or over."""
    status = await connection.fetchval(REWRITE_RUN, run_id, plan_version, plan.starts_at, plan.ends_at)
    return status is not None


async def write_stops(connection: Connection, run_id: int, placed: Sequence[Placed]) -> None:
    for each in placed:
        stop = each.stop
        times = (stop.arrival, stop.departure, stop.latest_arrival)
        if each.stop_id is not None:
            await connection.execute(MOVE_STOP, each.stop_id, each.place_in_run, *times)
        else:
            await connection.execute(
                INSERT_STOP, run_id, each.place_in_run, stop.kind, stop.request_id, stop.name, stop.lon,
                stop.lat, *times,
            )  # fmt: skip


async def delete_stops_of(connection: Connection, run_id: int, request_id: int) -> None:
    await connection.execute(DETACH_STEPS, run_id, request_id)
    await connection.execute(DELETE_STOPS, run_id, request_id)
    await connection.execute(RENUMBER_STOPS, run_id)
    await connection.execute(PLANNED_ANEW, run_id)


async def read_run(connection: Connection, run_id: int, *, lock: bool = False) -> RunRow | None:
    row = await connection.fetchrow(LOCKED_RUN if lock else RUN, run_id)
    if row is None:
        return None
    stops = await connection.fetch(STOPS, run_id)
    return RunRow(**row, stops=tuple(StopRow(**stop) for stop in stops))


async def run_of_request(connection: Connection, request_id: int) -> int | None:
    run_id: int | None = await connection.fetchval(RUN_OF_REQUEST, request_id)
    return run_id


async def save_run(connection: Connection, before: RunRow, after: RunRow, at: datetime) -> None:
    """Write what a step changed: state, actual times, odometer."""
    accepted_at = at if after.status == "accepted" and before.status != "accepted" else None
    await connection.execute(
        UPDATE_RUN, after.id, after.status, accepted_at, after.started_at, after.ended_at,
        after.odometer_start_km, after.odometer_end_km,
    )  # fmt: skip
    for old, new in zip(before.stops, after.stops, strict=True):
        if old != new:
            await connection.execute(MARK_STOP, new.id, new.arrived_at, new.departed_at)


async def insert_step(
    connection: Connection, run_id: int, step: Step, stop_id: int | None, account_id: int, now: datetime
) -> bool:
    """False when this tap was counted before."""
    key = await connection.fetchval(
        INSERT_STEP, step.idempotency_key, run_id, step.action, stop_id, account_id, step.occurred_at, now,
        step.lon, step.lat, step.odometer_km,
    )  # fmt: skip
    return key is not None


async def step_taken(connection: Connection, key: UUID) -> tuple[int, str] | None:
    """Run and action of a tap that was counted."""
    row = await connection.fetchrow(STEP, key)
    return (row["run_id"], row["action"]) if row else None


async def last_seen(connection: Connection, vehicle_id: int) -> tuple[float, float] | None:
    """Longitude and latitude of the car's newest fix."""
    row = await connection.fetchrow(LAST_SEEN, vehicle_id)
    return None if row is None else (row["lon"], row["lat"])


async def statuses_of(connection: Connection, request_ids: Sequence[int]) -> dict[int, RequestStatus]:
    rows = await connection.fetch(STATUSES_OF_REQUESTS, list(request_ids))
    return {row["id"]: row["status"] for row in rows}
