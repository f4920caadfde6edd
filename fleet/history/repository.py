"""All SQL of the history of fixes. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import numpy as np

from fleet.database import Connection
from fleet.history.errors import PackMismatchError
from fleet.history.fixes import COLUMNS, Column, Fixes, from_columns
from fleet.history.packs import Pack

PACK_LOCK = 0x4D50_0003
"""Class of the advisory locks of packing; the second key is a hash of terminal and day."""


def _column(column: Column) -> str:
    return f"(extract(epoch FROM {column.name}) * 1000000)::bigint" if column.is_time else column.name


# One row of arrays: each column crosses the wire as a whole.
WAITING = f"""
SELECT {", ".join(f"array_agg({_column(column)}) AS {column.name}" for column in COLUMNS)}
FROM position WHERE terminal_id = $1 AND time >= $2 AND time < $3
"""  # noqa: S608 - column names of ours

# Terminals with fixes before $1, each with its oldest one, from terminal $2 on. A loose walk over the index:
# the next terminal is looked up behind the one before, whatever lies between.
WAITING_TERMINALS = """
WITH RECURSIVE holder AS (
    (SELECT terminal_id, time FROM position WHERE time < $1 AND terminal_id > $2
     ORDER BY terminal_id, time LIMIT 1)
    UNION ALL
    SELECT following.terminal_id, following.time
    FROM holder CROSS JOIN LATERAL (
        SELECT terminal_id, time FROM position WHERE time < $1 AND terminal_id > holder.terminal_id
        ORDER BY terminal_id, time LIMIT 1) AS following
)
SELECT terminal_id, time FROM holder LIMIT $3
"""

OLDEST_WAITING = """
SELECT time FROM position WHERE terminal_id = $1 AND time >= $2 AND time < $3 ORDER BY time LIMIT 1
"""

LOCK_DAY = "SELECT pg_advisory_xact_lock($1, hashtext($2))"

PACK_OF_DAY = """
SELECT start, last_time, terminal_id, fixes, west, south, east, north, blob FROM position_pack
WHERE terminal_id = $1 AND start = $2
"""

PACK_POSITIONS = "SELECT pack_positions($1, $2, $3::position_pack)"

DROP_PACKED_CHUNKS = "SELECT * FROM drop_packed_chunks($1)"
EXPIRE_PACKS = "SELECT expire_packs($1, $2, $3)"
DROP_OLD_MINUTES = "SELECT * FROM drop_old_minutes($1)"
SET_CHUNK_INTERVAL = "SELECT set_position_chunk_interval($1)"
CHUNK_INTERVAL = """
SELECT time_interval FROM timescaledb_information.dimensions
WHERE hypertable_schema = 'public' AND hypertable_name = 'position'
"""

# Rows by the statistics of finished chunks: no fix is counted one by one.
RATE = """
SELECT sum(greatest(class.reltuples, live.n_live_tup, 0))
       / nullif(sum(extract(epoch FROM chunk.range_end - chunk.range_start)), 0)
FROM timescaledb_information.chunks AS chunk
JOIN pg_class AS class ON class.oid = format('%I.%I', chunk.chunk_schema, chunk.chunk_name)::regclass
LEFT JOIN pg_stat_all_tables AS live ON live.relid = class.oid
WHERE chunk.hypertable_schema = 'public' AND chunk.hypertable_name = 'position'
  AND chunk.range_end > $1 AND chunk.range_end <= $2
"""

# One definition for each figure (DESIGN 4.8):
#   fixes_live      rows of the hypertable, by the planner's statistics
#   bytes_live      the hypertable with its indexes
#   fixes_packed    fixes in packs; a late one is counted when it has been merged
#   bytes_packed    the table of packs with TOAST and index
#   held            packs beyond the horizon that evidence keeps
STATUS = """
SELECT (SELECT coalesce(sum(greatest(class.reltuples, live.n_live_tup, 0)), 0)::bigint
          FROM timescaledb_information.chunks AS chunk
          JOIN pg_class AS class
            ON class.oid = format('%I.%I', chunk.chunk_schema, chunk.chunk_name)::regclass
          LEFT JOIN pg_stat_all_tables AS live ON live.relid = class.oid
         WHERE chunk.hypertable_name = 'position') AS fixes_live,
       (SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'position') AS chunks,
       coalesce(hypertable_size('position'), 0) AS bytes_live,
       (SELECT coalesce(sum(fixes), 0) FROM position_pack) AS fixes_packed,
       (SELECT count(*) FROM position_pack) AS packs,
       pg_total_relation_size('position_pack') AS bytes_packed,
       (SELECT min(start) FROM position_pack) AS packed_from,
       (SELECT max(start) FROM position_pack) AS packed_to,
       coalesce(hypertable_size('vehicle_minute'), 0) AS bytes_minutes,
       (SELECT count(*) FROM position_pack WHERE start < $1 AND last_time < $1) AS packs_held
"""

# Tracks that evidence holds now: by whom, and how many packs of which cars.
HOLDS = """
SELECT vehicle.plate, hold.case_number, hold.identity, hold.open_case,
       lower(hold.during) AS since, upper(hold.during) AS until, count(pack.start) AS packs,
       coalesce(bool_or(pack.last_time < $2), false) AS beyond_horizon
FROM evidence_hold AS hold
JOIN vehicle ON vehicle.id = hold.vehicle_id
LEFT JOIN terminal_binding AS binding
       ON binding.vehicle_id = hold.vehicle_id AND binding.during && hold.during
LEFT JOIN position_pack AS pack ON pack.terminal_id = binding.terminal_id
      AND pack.start >= lower(hold.during) - interval '1 day' AND pack.start <= upper(hold.during)
      AND hold.during && tstzrange(pack.start, pack.last_time, '[]')
WHERE hold.open_case OR hold.ended_at >= $1
GROUP BY vehicle.plate, hold.case_number, hold.identity, hold.open_case, hold.during
ORDER BY lower(hold.during), hold.identity LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A terminal with fixes to pack."""

    terminal_id: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """See STATUS. Bytes, UTC."""

    fixes_live: int
    chunks: int
    bytes_live: int
    fixes_packed: int
    packs: int
    bytes_packed: int
    packed_from: datetime | None
    packed_to: datetime | None
    bytes_minutes: int
    packs_held: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch of a vehicle's track that evidence keeps, and how many packs lie in it."""

    plate: str
    case_number: str | None
    identity: str
    open_case: bool
    since: datetime
    until: datetime
    packs: int
    beyond_horizon: bool


async def waiting_terminals(
    connection: Connection, before: datetime, after_terminal: int, most: int
) -> list[Waiting]:
    """Terminals with fixes before `before`, in order of their id."""
    rows = await connection.fetch(WAITING_TERMINALS, before, after_terminal, most)
    return [Waiting(row["terminal_id"], row["time"]) for row in rows]


async def oldest_waiting(
    connection: Connection, terminal_id: int, since: datetime, until: datetime
) -> datetime | None:
    found: datetime | None = await connection.fetchval(OLDEST_WAITING, terminal_id, since, until)
    return found


async def lock_day(connection: Connection, terminal_id: int, day: datetime) -> None:
    """Until the end of the transaction nobody else packs this terminal and day."""
    await connection.execute(LOCK_DAY, PACK_LOCK, f"{terminal_id}/{day:%Y-%m-%d}")


async def waiting(connection: Connection, terminal_id: int, since: datetime, until: datetime) -> Fixes:
    """Rows of `position` in [since, until)."""
    row = await connection.fetchrow(WAITING, terminal_id, since, until)
    return from_columns({name: values or [] for name, values in row.items()})


async def pack_of_day(connection: Connection, terminal_id: int, day: datetime) -> Pack | None:
    row = await connection.fetchrow(PACK_OF_DAY, terminal_id, day)
    if row is None:
        return None
    start, last_time, terminal, fixes, west, south, east, north, blob = row
    return Pack(start, last_time, terminal, fixes, (west, south, east, north), blob)


async def replace_by_pack(connection: Connection, taken: Fixes, pack: Pack) -> None:
    """Exactly the rows `taken` go, `pack` comes. Raises PackMismatchError if they are not the same now."""
    row = (pack.start, pack.last_time, pack.terminal_id, pack.fixes, *pack.box, pack.blob)
    digests = int(np.bitwise_xor.reduce(taken["digest"]))
    try:
        await connection.execute(PACK_POSITIONS, len(taken), digests, row)
    except asyncpg.SerializationError as error:
        raise PackMismatchError(str(error), "Nothing to do: the next run packs them.") from error


async def drop_packed_chunks(connection: Connection, before: datetime) -> list[str]:
    """Names of the chunks that ended by then, held no row any more, and are gone."""
    return [row[0] for row in await connection.fetch(DROP_PACKED_CHUNKS, before)]


async def expire_packs(
    connection: Connection, tracks_before: datetime, findings_before: datetime, most: int
) -> int:
    """Removes at most `most` packs that are older and not held; returns how many."""
    gone: int = await connection.fetchval(EXPIRE_PACKS, tracks_before, findings_before, most)
    return gone


async def drop_old_minutes(connection: Connection, before: datetime) -> list[str]:
    return [row[0] for row in await connection.fetch(DROP_OLD_MINUTES, before)]


async def fix_rate(connection: Connection, since: datetime, until: datetime) -> float | None:
    """Fixes a second in the chunks that ended in the span; None if none did."""
    rate = await connection.fetchval(RATE, since, until)
    return None if rate is None else float(rate)


async def chunk_interval(connection: Connection) -> timedelta:
    interval: timedelta = await connection.fetchval(CHUNK_INTERVAL)
    return interval


async def set_chunk_interval(connection: Connection, length: timedelta) -> None:
    await connection.execute(SET_CHUNK_INTERVAL, length)


async def figures(connection: Connection, tracks_before: datetime) -> Figures:
    row = await connection.fetchrow(STATUS, tracks_before)
    return Figures(**row)


async def holds(
    connection: Connection, findings_before: datetime, tracks_before: datetime, most: int
) -> list[Hold]:
    rows = await connection.fetch(HOLDS, findings_before, tracks_before, most)
    return [Hold(**row) for row in rows]
