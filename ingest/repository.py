"""All SQL of ingest. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
import psycopg
from psycopg.rows import class_row

from ingest.copy_format import copy_arrays, copy_bytes
from ingest.message import Rejection
from ingest.positions import Column, Positions
from ingest.progress import Progress, Range, TerminalState
from ingest.rows import (
    CHANGE_TYPES,
    JOURNAL_TYPES,
    POSITION_TYPES,
    PROGRESS_TYPES,
    EventRow,
    Staged,
    change_columns,
    journal_columns,
    progress_columns,
)
from ingest.validate import moment

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

POSITION_COLUMNS = ", ".join(POSITION_TYPES)

# The rows of a batch wait here; `newest` marks each terminal's newest fix with a satellite solution.
CREATE_STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS position_staging (LIKE position) ON COMMIT DELETE ROWS;
ALTER TABLE position_staging ADD COLUMN IF NOT EXISTS newest boolean NOT NULL;
CREATE TEMPORARY TABLE IF NOT EXISTS progress_staging (LIKE terminal_progress) ON COMMIT DELETE ROWS
"""

COPY_TO_STAGING = f"COPY position_staging ({POSITION_COLUMNS}, newest) FROM STDIN (FORMAT binary)"

STORE_STAGED = f"""
INSERT INTO position ({POSITION_COLUMNS}) SELECT {POSITION_COLUMNS} FROM position_staging
ON CONFLICT DO NOTHING
"""  # noqa: S608 - column names of ours

COPY_CHANGES = f"COPY position_change ({', '.join(CHANGE_TYPES)}) FROM STDIN (FORMAT binary)"

# A row for the whole batch. Of one that was known in part: what this very transaction stored. The bounds keep
# other chunks out.
# OFFSET 0 here and below: the planner does not know the size of a batch, and must look each row up by the key
# instead of joining.
NOTE_CHANGES = """
INSERT INTO position_change (terminal_ids, changed_from, changed_to)
SELECT array_agg(terminal_id), array_agg(since), array_agg(until) FROM (
    SELECT staged.terminal_id, min(staged.time) AS since, max(staged.time) AS until
    FROM position_staging AS staged
    WHERE EXISTS (
        SELECT FROM position
        WHERE position.terminal_id = staged.terminal_id AND position.time = staged.time
          AND position.digest = staged.digest AND position.time BETWEEN %(since)s AND %(until)s
          AND position.xmin = pg_current_xact_id()::xid
        OFFSET 0
    )
    GROUP BY staged.terminal_id
) AS changed
"""

# The vehicle is the one the terminal sat in when the fix was taken. A fix without a satellite solution does
# not say where the vehicle is; an older one says where it was. IS TRUE keeps the planner from asking the GiST
# index of the exclusion constraint, which costs ten times the B-tree by terminal.
LATEST = """
SELECT DISTINCT ON (binding.vehicle_id)
       binding.vehicle_id, fix.terminal_id, fix.time, fix.received_at, fix.lon, fix.lat, fix.speed_kmh,
       fix.heading_deg, fix.ignition, fix.energy_pct, fix.odometer_km, fix.fixed, fix.alarm, fix.status
FROM position_staging AS fix
JOIN terminal_binding AS binding
  ON binding.terminal_id = fix.terminal_id AND (binding.during @> fix.time) IS TRUE
WHERE {which}
ORDER BY binding.vehicle_id, fix.time DESC
"""
SET_STATE = """
    terminal_id = {new}.terminal_id, time = {new}.time, received_at = {new}.received_at,
    lon = {new}.lon, lat = {new}.lat, speed_kmh = {new}.speed_kmh, heading_deg = {new}.heading_deg,
    ignition = {new}.ignition, energy_pct = {new}.energy_pct, odometer_km = {new}.odometer_km,
    fixed = {new}.fixed, alarm = {new}.alarm, status = {new}.status
"""
# An UPDATE, for an INSERT that conflicts costs a third more; vehicles never seen are added by themselves.
MOVE_VEHICLES = f"""
UPDATE vehicle_state AS known SET {SET_STATE.format(new="fix")} FROM ({LATEST}) AS fix
WHERE known.vehicle_id = fix.vehicle_id AND known.time < fix.time
"""  # noqa: S608 - statements of ours
ADD_VEHICLES = f"""
INSERT INTO vehicle_state AS known
    (vehicle_id, terminal_id, time, received_at, lon, lat, speed_kmh, heading_deg, ignition, energy_pct,
     odometer_km, fixed, alarm, status)
SELECT * FROM ({LATEST}) AS fix
WHERE NOT EXISTS (SELECT FROM vehicle_state AS present WHERE present.vehicle_id = fix.vehicle_id)
ON CONFLICT (vehicle_id) DO UPDATE SET {SET_STATE.format(new="excluded")} WHERE known.time < excluded.time
"""  # noqa: S608 - statements of ours
BY_NEWEST, BY_EVERY = "fix.newest", "fix.fixed AND fix.terminal_id = ANY(%s)"
# Terminals whose staged fixes reach back to before they sat where their newest fix finds them.
FIND_MOVED = """
SELECT DISTINCT span.terminal_id
FROM (SELECT terminal_id, min(time) AS since, max(time) AS until
      FROM position_staging WHERE fixed GROUP BY terminal_id HAVING min(time) < max(time)) AS span
JOIN terminal_binding AS binding
  ON binding.terminal_id = span.terminal_id
 AND (binding.during && tstzrange(span.since, span.until, '[]')) IS TRUE
WHERE NOT binding.during @> span.until
"""

# A number that was dealt with before, yet now under other content that was stored for the first time.
FIND_REUSED = """
WITH fresh AS (
    SELECT asked.*
    FROM unnest(%(terminals)s::int[], %(times)s::timestamptz[], %(digests)s::bigint[],
                %(boots)s::int[], %(seqs)s::bigint[]) AS asked (terminal_id, time, digest, boot, seq)
    WHERE EXISTS (
        SELECT FROM position
        WHERE position.terminal_id = asked.terminal_id AND position.time = asked.time
          AND position.digest = asked.digest AND position.time BETWEEN %(since)s AND %(until)s
          AND position.xmin = pg_current_xact_id()::xid
        OFFSET 0
    )
)
SELECT fresh.terminal_id, fresh.time, fresh.boot, fresh.seq FROM fresh
WHERE EXISTS (
    SELECT FROM position AS other
    WHERE other.terminal_id = fresh.terminal_id AND other.boot = fresh.boot AND other.seq = fresh.seq
      AND (other.time, other.digest) <> (fresh.time, fresh.digest)
      AND other.time BETWEEN fresh.time - INTERVAL '1 day' AND fresh.time + INTERVAL '1 day'
      AND other.time BETWEEN %(since)s::timestamptz - INTERVAL '1 day'
                         AND %(until)s::timestamptz + INTERVAL '1 day'
    OFFSET 0
)
ORDER BY fresh.terminal_id, fresh.time
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

# The identity cannot be returned by COPY; nobody else's COPY has been in between.
COPY_JOURNAL = f"COPY terminal_progress_journal ({', '.join(JOURNAL_TYPES)}) FROM STDIN (FORMAT binary)"
LAST_ENTRY = "SELECT currval(pg_get_serial_sequence('terminal_progress_journal', 'id'))"
DROP_ENTRIES = "DELETE FROM terminal_progress_journal WHERE id = ANY(%s)"
# Whatever anybody journaled and did not save, be it that he died. What was saved since is newer and stays.
FOLD_JOURNAL = """
WITH gone AS (
    DELETE FROM terminal_progress_journal RETURNING *
), latest AS (
    SELECT DISTINCT ON (terminal_id) entry.*
    FROM gone CROSS JOIN unnest(gone.terminal_ids, gone.boot, gone.upto, gone.last_received_at,
                                gone.receive_lag_s, gone.clock_skew_s)
        AS entry (terminal_id, boot, upto, last_received_at, receive_lag_s, clock_skew_s)
    ORDER BY terminal_id, boot DESC, upto DESC, last_received_at DESC
)
UPDATE terminal_progress AS known SET
    boot = latest.boot, upto = latest.upto, ranges = '[]', online = true,
    last_received_at = latest.last_received_at, receive_lag_s = latest.receive_lag_s,
    clock_skew_s = latest.clock_skew_s
FROM latest
WHERE known.terminal_id = latest.terminal_id
  AND (known.boot, known.upto, known.last_received_at) < (latest.boot, latest.upto, latest.last_received_at)
"""

COPY_PROGRESS = f"COPY progress_staging ({', '.join(PROGRESS_TYPES)}) FROM STDIN (FORMAT binary)"
# The guard keeps a worker that was replaced, and does not know it yet, from setting a terminal back.
MOVE_STATES = """
UPDATE terminal_progress AS known SET
    boot = heard.boot, upto = heard.upto, ranges = heard.ranges, online = heard.online,
    last_received_at = heard.last_received_at, receive_lag_s = heard.receive_lag_s,
    clock_skew_s = heard.clock_skew_s
FROM (SELECT * FROM progress_staging ORDER BY terminal_id) AS heard
WHERE known.terminal_id = heard.terminal_id AND (known.boot, known.upto) <= (heard.boot, heard.upto)
"""
ADD_STATES = """
INSERT INTO terminal_progress AS known
    (terminal_id, boot, upto, ranges, online, last_received_at, receive_lag_s, clock_skew_s)
SELECT terminal_id, boot, upto, ranges, online, last_received_at, receive_lag_s, clock_skew_s
FROM progress_staging ORDER BY terminal_id
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


@dataclass(frozen=True)
class ReusedNumber:
    """A fix that was stored although its number had stood for another one."""

    terminal_id: int
    time: datetime
    boot: int
    seq: int


def prepare(connection: Connection) -> None:
    """What a connection needs before it can store positions."""
    connection.execute(CREATE_STAGING)


def store_positions(connection: Connection, staged: Staged) -> int:
    """Store what is new, note which windows changed, move the vehicles; returns how many were new."""
    positions = staged.positions
    if not len(positions):
        return 0
    with connection.cursor() as cursor:
        _copy(cursor, COPY_TO_STAGING, staged.content)
        new = cursor.execute(STORE_STAGED).rowcount
        if new == len(positions):
            _copy(cursor, COPY_CHANGES, copy_arrays(change_columns(positions)))
        elif new:
            cursor.execute(NOTE_CHANGES, _span(positions))
        moved = cursor.execute(MOVE_VEHICLES.format(which=BY_NEWEST)).rowcount
        if moved < staged.newest:
            cursor.execute(ADD_VEHICLES.format(which=BY_NEWEST))
        if len(positions.first) < len(positions):
            resettled = [row[0] for row in cursor.execute(FIND_MOVED)]
            if resettled:
                cursor.execute(MOVE_VEHICLES.format(which=BY_EVERY), [resettled])
                cursor.execute(ADD_VEHICLES.format(which=BY_EVERY), [resettled])
    return new


def find_reused(connection: Connection, suspects: Positions) -> list[ReusedNumber]:
    """Those of `suspects` that this transaction stored under a number that stands for another fix already."""
    if not len(suspects):
        return []
    parameters = _span(suspects) | {
        "terminals": suspects.terminal_id.tolist(),
        "times": [moment(ms) for ms in suspects["time"].tolist()],
        "digests": suspects.digest.tolist(),
        "boots": suspects["boot"].tolist(),
        "seqs": suspects["seq"].tolist(),
    }
    return [ReusedNumber(*row) for row in connection.execute(FIND_REUSED, parameters)]


def _span(positions: Positions) -> dict[str, Any]:
    time = positions["time"]
    return {"since": moment(int(time.min())), "until": moment(int(time.max()))}


def _copy(cursor: psycopg.Cursor[tuple[Any, ...]], statement: str, content: bytes) -> None:
    with cursor.copy(statement) as copy:
        copy.write(content)


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


def save_states(connection: Connection, rows: Column, ranges: Mapping[int, Sequence[Range]]) -> None:
    """Rows of terminal_progress, with the ranges of those that have any."""
    if not len(rows):
        return
    with connection.cursor() as cursor:
        _copy(cursor, COPY_PROGRESS, copy_bytes(*progress_columns(rows, ranges)))
        if cursor.execute(MOVE_STATES).rowcount < len(rows):
            cursor.execute(ADD_STATES)


def journal_states(connection: Connection, rows: Column) -> int | None:
    """Where these terminals stand as one entry of the journal; returns its id."""
    if not len(rows):
        return None
    with connection.cursor() as cursor:
        _copy(cursor, COPY_JOURNAL, copy_arrays(journal_columns(rows)))
        row = cursor.execute(LAST_ENTRY).fetchone()
    return int(row[0]) if row else None


def drop_journal(connection: Connection, entries: Sequence[int]) -> None:
    if entries:
        connection.execute(DROP_ENTRIES, [list(entries)])


def fold_journal(connection: Connection) -> None:
    """terminal_progress says all that was committed; the journal is empty."""
    connection.execute(FOLD_JOURNAL)


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
