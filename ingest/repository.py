"""All SQL of ingest. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
import psycopg
from psycopg.rows import class_row

from ingest.message import Rejection
from ingest.progress import Progress, TerminalState
from ingest.rows import EventRow, PositionRow
from ingest.validate import moment

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

POSITION_COLUMNS = ", ".join(PositionRow._fields)
# timestamptz is an int8 of microseconds on the wire: no datetime is made on the way
POSITION_TYPES = (
    "int4", "int8", "int8", "int8", "int8", "int4", "int8", "float8", "float8", "float4", "float4", "float4",
    "float8", "bool", "float4", "int2", "float4", "bool", "int8", "int8",
)  # fmt: skip

CREATE_STAGING = "CREATE TEMPORARY TABLE IF NOT EXISTS position_staging (LIKE position) ON COMMIT DELETE ROWS"

COPY_TO_STAGING = f"COPY position_staging ({POSITION_COLUMNS}) FROM STDIN (FORMAT binary)"

STORE_STAGED = f"""
WITH stored AS (
    INSERT INTO position ({POSITION_COLUMNS})
    SELECT {POSITION_COLUMNS} FROM position_staging
    ON CONFLICT DO NOTHING
    RETURNING terminal_id, time
), told AS (
    INSERT INTO position_change (terminal_id, changed_from, changed_to)
    SELECT terminal_id, min(time), max(time) FROM stored GROUP BY terminal_id
)
SELECT count(*) FROM stored
"""  # noqa: S608 - column names of ours

# The vehicle is the one the terminal sat in when the fix was taken. A fix without a satellite solution does
# not say where the vehicle is; an older one says where it was.
MOVE_VEHICLES = """
INSERT INTO vehicle_state AS known
    (vehicle_id, terminal_id, time, received_at, lon, lat, speed_kmh, heading_deg, ignition, energy_pct,
     odometer_km, fixed, alarm, status)
SELECT DISTINCT ON (binding.vehicle_id)
       binding.vehicle_id, fix.terminal_id, fix.time, fix.received_at, fix.lon, fix.lat, fix.speed_kmh,
       fix.heading_deg, fix.ignition, fix.energy_pct, fix.odometer_km, fix.fixed, fix.alarm, fix.status
FROM position_staging AS fix
JOIN terminal_binding AS binding ON binding.terminal_id = fix.terminal_id AND binding.during @> fix.time
WHERE fix.fixed
ORDER BY binding.vehicle_id, fix.time DESC
ON CONFLICT (vehicle_id) DO UPDATE SET
    terminal_id = excluded.terminal_id, time = excluded.time, received_at = excluded.received_at,
    lon = excluded.lon, lat = excluded.lat, speed_kmh = excluded.speed_kmh,
    heading_deg = excluded.heading_deg, ignition = excluded.ignition, energy_pct = excluded.energy_pct,
    odometer_km = excluded.odometer_km, fixed = excluded.fixed, alarm = excluded.alarm,
    status = excluded.status
WHERE known.time < excluded.time
"""

STORE_EVENT = """
INSERT INTO terminal_event (terminal_id, time, received_at, kind, detail)
VALUES (%s, %s, %s, %s, %s::jsonb)
ON CONFLICT DO NOTHING
"""

LOAD_STATES = """
SELECT terminal_id, boot, upto, ranges::text, online, last_received_at, receive_lag_s, clock_skew_s
FROM terminal_progress WHERE terminal_id = ANY(%s)
"""

# The guard keeps a worker that was replaced, and does not know it yet, from setting a terminal back.
SAVE_STATES = """
INSERT INTO terminal_progress AS known
    (terminal_id, boot, upto, ranges, online, last_received_at, receive_lag_s, clock_skew_s)
SELECT terminal_id, boot, upto, ranges::jsonb, online, last_received_at, receive_lag_s, clock_skew_s
FROM unnest(%s::int[], %s::int[], %s::bigint[], %s::text[],
            %s::boolean[], %s::timestamptz[], %s::real[], %s::real[])
    AS heard (terminal_id, boot, upto, ranges, online, last_received_at, receive_lag_s, clock_skew_s)
ON CONFLICT (terminal_id) DO UPDATE SET
    boot = excluded.boot, upto = excluded.upto, ranges = excluded.ranges, online = excluded.online,
    last_received_at = excluded.last_received_at, receive_lag_s = excluded.receive_lag_s,
    clock_skew_s = excluded.clock_skew_s
WHERE (known.boot, known.upto) <= (excluded.boot, excluded.upto)
"""

LOAD_TERMINALS = "SELECT code, id FROM terminal WHERE active"
FIND_TERMINALS = "SELECT code, id FROM terminal WHERE active AND code = ANY(%s)"

# The same message again (its acknowledgement was lost) is the same dead letter: index dead_letter_once.
PUT_ASIDE = """
INSERT INTO dead_letter (received_at, topic, payload, reason, detail, terminal)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""

LETTER_COLUMNS = "id, received_at, topic, payload, reason, detail, terminal, replayed_at"
LIST_LETTERS = f"""
SELECT {LETTER_COLUMNS} FROM dead_letter
WHERE (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(terminal)s::text IS NULL OR terminal = %(terminal)s)
  AND (%(replayed)s OR replayed_at IS NULL)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - column names of ours
FIND_LETTER = f"SELECT {LETTER_COLUMNS} FROM dead_letter WHERE id = %s"  # noqa: S608 - column names of ours
LOCK_LETTER = f"{FIND_LETTER} FOR UPDATE"
OPEN_LETTERS = """
SELECT id FROM dead_letter
WHERE replayed_at IS NULL AND (%(reason)s::text IS NULL OR reason = %(reason)s)
ORDER BY id
"""
MARK_REPLAYED = "UPDATE dead_letter SET replayed_at = %s WHERE id = %s"


@dataclass(frozen=True)
class DeadLetter:
    """A row of dead_letter."""

    id: int
    received_at: datetime
    topic: str
    payload: bytes
    reason: str
    detail: str
    terminal: str | None
    replayed_at: datetime | None


def prepare(connection: Connection) -> None:
    """What a connection needs before it can store positions."""
    connection.execute(CREATE_STAGING)


def store_positions(connection: Connection, rows: Sequence[PositionRow]) -> int:
    """Store what is new, note which windows changed, move the vehicles; returns how many were new."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        with cursor.copy(COPY_TO_STAGING) as copy:
            copy.set_types(POSITION_TYPES)
            for row in rows:
                copy.write_row(row)
        cursor.execute(STORE_STAGED)
        new = cursor.fetchone()
        cursor.execute(MOVE_VEHICLES)
    return int(new[0]) if new else 0


def store_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    if not rows:
        return
    parameters = [
        (row.terminal_id, moment(row.event.time), row.received_at, row.event.kind, _json(row.event.detail))
        for row in rows
    ]
    connection.cursor().executemany(STORE_EVENT, parameters)


def put_aside(connection: Connection, rejections: Sequence[Rejection]) -> None:
    if not rejections:
        return
    parameters = [(r.received_at, r.topic, r.payload, r.reason, r.detail, r.terminal) for r in rejections]
    connection.cursor().executemany(PUT_ASIDE, parameters)


def load_states(connection: Connection, terminal_ids: Collection[int]) -> dict[int, TerminalState]:
    rows = connection.execute(LOAD_STATES, [list(terminal_ids)]).fetchall()
    return {
        terminal_id: TerminalState(
            Progress(boot, upto, msgspec.json.decode(ranges, type=tuple[tuple[int, int], ...])),
            online,
            last_received_at,
            receive_lag_s,
            clock_skew_s,
        )
        for terminal_id, boot, upto, ranges, online, last_received_at, receive_lag_s, clock_skew_s in rows
    }


def save_states(connection: Connection, states: Mapping[int, TerminalState]) -> None:
    if not states:
        return
    rows = sorted(states.items())  # one order for every writer, so that two never wait for each other
    connection.execute(
        SAVE_STATES,
        [
            [terminal_id for terminal_id, _ in rows],
            [state.progress.boot for _, state in rows],
            [state.progress.upto for _, state in rows],
            [_json(state.progress.ranges) for _, state in rows],
            [state.online for _, state in rows],
            [state.last_received_at for _, state in rows],
            [state.receive_lag_s for _, state in rows],
            [state.clock_skew_s for _, state in rows],
        ],
    )


def load_terminals(connection: Connection) -> dict[str, int]:
    """Every active terminal: code to id."""
    return dict(connection.execute(LOAD_TERMINALS).fetchall())


def find_terminals(connection: Connection, codes: Collection[str]) -> dict[str, int]:
    return dict(connection.execute(FIND_TERMINALS, [list(codes)]).fetchall())


def list_letters(
    connection: Connection, reason: str | None, terminal: str | None, replayed: bool, limit: int
) -> list[DeadLetter]:
    """Newest first; those replayed already only if asked for."""
    parameters = {"reason": reason, "terminal": terminal, "replayed": replayed, "limit": limit}
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        return cursor.execute(LIST_LETTERS, parameters).fetchall()


def find_letter(connection: Connection, letter_id: int) -> DeadLetter | None:
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        return cursor.execute(FIND_LETTER, [letter_id]).fetchone()


def lock_letter(connection: Connection, letter_id: int) -> DeadLetter | None:
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        return cursor.execute(LOCK_LETTER, [letter_id]).fetchone()


def open_letters(connection: Connection, reason: str | None) -> list[int]:
    """Numbers of the letters not replayed yet, oldest first."""
    return [row[0] for row in connection.execute(OPEN_LETTERS, {"reason": reason}).fetchall()]


def mark_replayed(connection: Connection, letter_id: int, now: datetime) -> None:
    connection.execute(MARK_REPLAYED, [now, letter_id])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
