"""SQL of the minutes of vehicles: which changed, what they are. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.database import Connection
from fleet.history.minutes import Minute

CURSOR = "minutes"

START_CURSOR = """
INSERT INTO change_cursor (name, xid, id) VALUES ('minutes', '0', 0) ON CONFLICT (name) DO NOTHING
"""

# Changes below the oldest running transaction, in the order of (xid, id): a serial cursor skips late commits.
# Every vehicle the terminal ever sat in: one that it was taken out of in retrospect loses minutes.
CHANGED = """
WITH reached AS MATERIALIZED (
    SELECT xid, id FROM change_cursor WHERE name = 'minutes' FOR UPDATE
), batch AS MATERIALIZED (
    SELECT change.* FROM position_change AS change, reached
    WHERE (change.xid, change.id) > (reached.xid, reached.id)
      AND change.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY change.xid, change.id LIMIT $1
), moved AS (
    UPDATE change_cursor SET xid = newest.xid, id = newest.id
    FROM (SELECT xid, id FROM batch ORDER BY xid DESC, id DESC LIMIT 1) AS newest
    WHERE name = 'minutes'
)
SELECT DISTINCT binding.vehicle_id, changed.since, changed.until
FROM batch CROSS JOIN unnest(batch.terminal_ids, batch.changed_from, batch.changed_to)
    AS changed (terminal_id, since, until)
JOIN terminal_binding AS binding ON binding.terminal_id = changed.terminal_id
ORDER BY 1, 2
"""

# What supervision and the minutes have both read; nothing before supervision has begun.
CLEAR_CHANGES = """
DELETE FROM position_change AS change USING change_cursor AS minutes, change_cursor AS supervision
WHERE minutes.name = 'minutes' AND supervision.name = 'supervision'
  AND (change.xid, change.id) <= (minutes.xid, minutes.id)
  AND (change.xid, change.id) <= (supervision.xid, supervision.id)
"""

STORE = """
INSERT INTO vehicle_minute AS known
    (vehicle_id, minute, fixes, moving_s, ignition_s, km, max_speed_kmh, avg_speed_kmh)
SELECT $1, fresh.*
FROM unnest($2::timestamptz[], $3::smallint[], $4::real[], $5::real[], $6::real[], $7::real[],
            $8::real[]) AS fresh
ON CONFLICT (vehicle_id, minute) DO UPDATE SET
    fixes = excluded.fixes, moving_s = excluded.moving_s, ignition_s = excluded.ignition_s, km = excluded.km,
    max_speed_kmh = excluded.max_speed_kmh, avg_speed_kmh = excluded.avg_speed_kmh
WHERE (known.fixes, known.moving_s, known.ignition_s, known.km, known.max_speed_kmh, known.avg_speed_kmh)
      IS DISTINCT FROM (excluded.fixes, excluded.moving_s, excluded.ignition_s, excluded.km,
                        excluded.max_speed_kmh, excluded.avg_speed_kmh)
"""

FORGET_OTHERS = """
DELETE FROM vehicle_minute
WHERE vehicle_id = $1 AND minute >= $2 AND minute < $3 AND NOT minute = ANY($4::timestamptz[])
"""

READ = """
SELECT minute, fixes, moving_s, ignition_s, km, max_speed_kmh, avg_speed_kmh FROM vehicle_minute
WHERE vehicle_id = $1 AND minute >= $2 AND minute < $3 ORDER BY minute
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Fixes of the vehicle from `since` to `until` came or went."""

    vehicle_id: int
    since: datetime
    until: datetime


async def changed(connection: Connection, most: int) -> list[Window] | None:
    """The windows of the next `most` changes, after which the cursor stands then; None if there are none."""
    await connection.execute(START_CURSOR)
    before = await connection.fetchrow("SELECT xid, id FROM change_cursor WHERE name = $1", CURSOR)
    rows = await connection.fetch(CHANGED, most)
    after = await connection.fetchrow("SELECT xid, id FROM change_cursor WHERE name = $1", CURSOR)
    if before == after:
        return None
    return [Window(row["vehicle_id"], row["since"], row["until"]) for row in rows]


async def clear_changes(connection: Connection) -> None:
    await connection.execute(CLEAR_CHANGES)


async def replace(
    connection: Connection, vehicle_id: int, since: datetime, until: datetime, minutes: Sequence[Minute]
) -> None:
    """These are all minutes of the vehicle in [since, until); rows that say so already stay as they are."""
    columns = [
        [minute.minute for minute in minutes],
        [minute.fixes for minute in minutes],
        [minute.moving_s for minute in minutes],
        [minute.ignition_s for minute in minutes],
        [minute.km for minute in minutes],
        [minute.max_speed_kmh for minute in minutes],
        [minute.avg_speed_kmh for minute in minutes],
    ]
    await connection.execute(FORGET_OTHERS, vehicle_id, since, until, columns[0])
    await connection.execute(STORE, vehicle_id, *columns)


async def minutes(connection: Connection, vehicle_id: int, since: datetime, until: datetime) -> list[Minute]:
    """Of the vehicle in [since, until), in order."""
    return [Minute(**row) for row in await connection.fetch(READ, vehicle_id, since, until)]
