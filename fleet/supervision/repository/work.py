"""Which vehicles have to be looked at again: touched, claimed, settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleet.database import Connection

TOUCH = """
INSERT INTO supervision_work AS work (vehicle_id, changed_from) VALUES ($1, $2)
ON CONFLICT (vehicle_id) DO UPDATE
SET changed_from = least(work.changed_from, excluded.changed_from), revision = work.revision + 1
"""

# Changes are read by (xid, id) below the oldest running transaction: a serial cursor would skip late commits.
# `least` ignores nulls, so an idle row takes the new moment.
TAKE_IN_CHANGES = """
WITH reached AS MATERIALIZED (
    SELECT xid, id FROM change_cursor WHERE name = 'supervision' FOR UPDATE
), batch AS MATERIALIZED (
    SELECT change.* FROM position_change change, reached
    WHERE (change.xid, change.id) > (reached.xid, reached.id)
      AND change.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY change.xid, change.id LIMIT $1
), touched AS (
    INSERT INTO supervision_work AS work (vehicle_id, changed_from)
    SELECT binding.vehicle_id, min(greatest(changed.since, lower(binding.during)))
    FROM batch CROSS JOIN unnest(batch.terminal_ids, batch.changed_from, batch.changed_to)
        AS changed (terminal_id, since, until)
    JOIN terminal_binding binding
      ON binding.terminal_id = changed.terminal_id
     AND binding.during && tstzrange(changed.since, changed.until, '[]')
    GROUP BY binding.vehicle_id ORDER BY binding.vehicle_id
    ON CONFLICT (vehicle_id) DO UPDATE
    SET changed_from = least(work.changed_from, excluded.changed_from), revision = work.revision + 1
), moved AS (
    UPDATE change_cursor SET xid = newest.xid, id = newest.id
    FROM (SELECT xid, id FROM batch ORDER BY xid DESC, id DESC LIMIT 1) newest
    WHERE name = 'supervision'
)
SELECT count(*) FROM batch
"""

START_CURSOR = """
INSERT INTO change_cursor (name, xid, id) VALUES ('supervision', '0', 0) ON CONFLICT (name) DO NOTHING
"""

# A lease is real time (DESIGN §1): it guards against a process that died, not against a simulated hour.
CLAIM = """
UPDATE supervision_work work
SET leased_until = clock_timestamp() + $3 * interval '1 second', attempt = attempt + 1
FROM (
    SELECT vehicle_id FROM supervision_work
    WHERE (changed_from IS NOT NULL OR due_at <= $1)
      AND (leased_until IS NULL OR leased_until < clock_timestamp())
    ORDER BY coalesce(changed_from, due_at), vehicle_id
    LIMIT $2 FOR UPDATE SKIP LOCKED
) waiting
WHERE work.vehicle_id = waiting.vehicle_id
RETURNING work.vehicle_id, work.changed_from, work.due_at, work.revision, work.attempt
"""

HOLD = "SELECT true FROM supervision_work WHERE vehicle_id = $1 AND attempt = $2 FOR UPDATE"

SETTLE = """
UPDATE supervision_work
SET changed_from = CASE WHEN revision = $3 THEN NULL ELSE changed_from END, due_at = $4,
    leased_until = clock_timestamp() + $5 * interval '1 second'
WHERE vehicle_id = $1 AND attempt = $2
"""

POSTPONE = """
UPDATE supervision_work SET leased_until = clock_timestamp() + $3 * interval '1 second'
WHERE vehicle_id = $1 AND attempt = $2
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed vehicle. `attempt` fences off whoever held it before."""

    vehicle_id: int
    changed_from: datetime | None
    """Earliest moment that may differ from what was evaluated last; None when only a due time was reached."""
    due_at: datetime | None
    revision: int
    attempt: int


async def touch(connection: Connection, vehicle_id: int, changed_from: datetime) -> None:
    """Have the vehicle looked at again from `changed_from` on: its fixes, orders or bindings changed there.

    Call it in the transaction of the change.
    """
    await connection.execute(TOUCH, vehicle_id, changed_from)


async def start_cursor(connection: Connection) -> None:
    await connection.execute(START_CURSOR)


async def take_in_changes(connection: Connection, limit: int) -> int:
    """Turn up to `limit` position changes into work; returns how many."""
    taken: int = await connection.fetchval(TAKE_IN_CHANGES, limit)
    return taken


async def claim(connection: Connection, now: datetime, limit: int, lease_s: float) -> list[Work]:
    """Take up to `limit` vehicles that changed or are due at business time `now`, leased for real seconds."""
    return [Work(**row) for row in await connection.fetch(CLAIM, now, limit, lease_s)]


async def hold(connection: Connection, work: Work) -> bool:
    """Lock the row for this transaction; False when somebody else has claimed it since."""
    return bool(await connection.fetchval(HOLD, work.vehicle_id, work.attempt))


async def settle(connection: Connection, work: Work, due_at: datetime | None, rest_s: float = 0.0) -> None:
    """The vehicle is done, in the transaction of its results; what came in meanwhile stays to be done.

    Nobody takes it up again for `rest_s` real seconds, so that fixes that come together are handled together.
    """
    await connection.execute(SETTLE, work.vehicle_id, work.attempt, work.revision, due_at, rest_s)


async def postpone(connection: Connection, work: Work, seconds: float) -> None:
    """Leave the vehicle alone for some real seconds after a failure."""
    await connection.execute(POSTPONE, work.vehicle_id, work.attempt, seconds)
