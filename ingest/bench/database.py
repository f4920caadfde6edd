"""The scratch database of a benchmark: made-up terminals, and the ways to store that ours is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ingest.errors import ScratchDatabaseError
from ingest.repository import POSITION_COLUMNS, Connection
from ingest.rows import POSITION_TYPES
from ingest.validate import moment
from schemas.telemetry import Fix, content_digest

EXPECTED = ("organisation", "vehicle", "terminal", "position")
HAS_SCHEMA = "SELECT count(*) FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL"
IS_IN_USE = """
SELECT EXISTS (SELECT FROM organisation) OR EXISTS (SELECT FROM terminal) OR EXISTS (SELECT FROM position)
"""

ADD_POOL = """
WITH pool AS (
    INSERT INTO organisation (code, path, name, name_en, kinds)
    VALUES ('bench', 'bench', '测试车队', 'Benchmark pool', '{supplier}') RETURNING id
), yard AS (
    INSERT INTO depot (organisation_id, code, name, name_en, lon, lat)
    SELECT id, 'bench', '测试车场', 'Benchmark depot', 117, 36.6 FROM pool RETURNING id
)
INSERT INTO bay (depot_id, code, lon, lat) SELECT id, 'bench', 117, 36.6 FROM yard
"""
ADD_VEHICLES = """
INSERT INTO vehicle (organisation_id, plate, class, body, energy, seats, range_km, home_bay_id)
SELECT o.id, t.code, 'general', 'sedan', 'petrol', 4, 500, b.id
FROM unnest(%s::text[]) AS t (code), organisation AS o, bay AS b
"""
ADD_TERMINALS = "INSERT INTO terminal (code) SELECT unnest(%s::text[])"
BIND = """
INSERT INTO terminal_binding (terminal_id, vehicle_id, during)
SELECT t.id, v.id, '[2020-01-01,)' FROM terminal AS t JOIN vehicle AS v ON v.plate = t.code
"""
FORGET_FIXES = (
    "TRUNCATE position, position_change, vehicle_state, terminal_progress, terminal_progress_journal"
)
FORGET_POOL = ("terminal_binding", "vehicle", "terminal", "bay", "depot", "organisation")

COPY_OUT = f"COPY (SELECT {POSITION_COLUMNS} FROM position LIMIT %s OFFSET %s) TO STDOUT (FORMAT binary)"  # noqa: S608 - ours
COPY_IN = f"COPY position ({POSITION_COLUMNS}) FROM STDIN (FORMAT binary)"
INSERT_ONE = f"""
INSERT INTO position ({POSITION_COLUMNS}) VALUES ({", ".join(f"%({name})s" for name in POSITION_TYPES)})
ON CONFLICT DO NOTHING
"""  # noqa: S608 - column names of ours
MOVE_ONE = """
INSERT INTO vehicle_state AS known
    (vehicle_id, terminal_id, time, received_at, lon, lat, speed_kmh, heading_deg, ignition, energy_pct,
     odometer_km, fixed, alarm, status)
SELECT vehicle_id, %(terminal_id)s, %(time)s, %(received_at)s, %(lon)s, %(lat)s, %(speed_kmh)s,
       %(heading_deg)s, %(ignition)s, %(energy_pct)s, %(odometer_km)s, %(fixed)s, %(alarm)s, %(status)s
FROM terminal_binding WHERE terminal_id = %(terminal_id)s AND during @> %(time)s::timestamptz
ON CONFLICT (vehicle_id) DO UPDATE SET
    terminal_id = excluded.terminal_id, time = excluded.time, received_at = excluded.received_at,
    lon = excluded.lon, lat = excluded.lat, speed_kmh = excluded.speed_kmh,
    heading_deg = excluded.heading_deg, ignition = excluded.ignition, energy_pct = excluded.energy_pct,
    odometer_km = excluded.odometer_km, fixed = excluded.fixed, alarm = excluded.alarm,
    status = excluded.status
WHERE known.time < excluded.time
"""
ACKNOWLEDGE_ONE = """
INSERT INTO terminal_progress AS known (terminal_id, boot, upto, last_received_at)
VALUES (%(terminal_id)s, %(boot)s, %(seq)s, %(received_at)s)
ON CONFLICT (terminal_id) DO UPDATE SET
    boot = excluded.boot, upto = excluded.upto, last_received_at = excluded.last_received_at
"""
CHANGE_ONE = """
INSERT INTO position_change (terminal_ids, changed_from, changed_to)
VALUES (ARRAY[%(terminal_id)s::int], ARRAY[%(time)s::timestamptz], ARRAY[%(time)s::timestamptz])
"""


def require_scratch(connection: Connection) -> None:
    """Raise ScratchDatabaseError where the database lacks the schema, or holds anything worth keeping."""
    found = connection.execute(HAS_SCHEMA, [list(EXPECTED)]).fetchone()
    if found != (len(EXPECTED),):
        raise ScratchDatabaseError("it has no schema of Motorpool")
    if connection.execute(IS_IN_USE).fetchone() == (True,):
        raise ScratchDatabaseError("it holds organisations, terminals or fixes")


def register(connection: Connection, codes: Sequence[str]) -> None:
    """A terminal of each code in a vehicle of its own."""
    connection.execute(ADD_POOL)
    connection.execute(ADD_VEHICLES, [list(codes)])
    connection.execute(ADD_TERMINALS, [list(codes)])
    connection.execute(BIND)


def forget_fixes(connection: Connection) -> None:
    """As if no terminal had ever sent anything."""
    connection.execute(FORGET_FIXES)


def forget_everything(connection: Connection) -> None:
    """Leave the database as it was found."""
    forget_fixes(connection)
    for table in FORGET_POOL:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - table names of ours


def store_one(connection: Connection, terminal_id: int, fix: Fix, received_at: datetime) -> None:
    """One fix by itself into the tables that the worker fills: as a consumer written in an afternoon does."""
    values = (
        terminal_id, moment(fix.time), content_digest(fix), moment(fix.sent), received_at, fix.boot, fix.seq,
        fix.lon, fix.lat, fix.speed, fix.heading, fix.altitude, fix.odometer, fix.ignition, fix.energy,
        fix.satellites, fix.hdop, fix.fixed, fix.alarm, fix.status,
    )  # fmt: skip
    row = dict(zip(POSITION_TYPES, values, strict=True))
    for statement in (INSERT_ONE, CHANGE_ONE, MOVE_ONE, ACKNOWLEDGE_ONE):
        connection.execute(statement, row)


def copy_out(connection: Connection, rows: int, block: int) -> list[bytes]:
    """Up to `rows` stored fixes as PostgreSQL itself writes them for COPY, in blocks."""
    connection.execute("SET synchronize_seqscans = off")  # every block must begin where the last one ended
    return [_copy_out(connection, min(block, rows - first), first) for first in range(0, rows, block)]


def _copy_out(connection: Connection, limit: int, offset: int) -> bytes:
    with connection.cursor().copy(COPY_OUT, [limit, offset]) as copy:
        return b"".join(bytes(part) for part in copy)


def copy_in(connection: Connection, blocks: Sequence[bytes]) -> None:
    """Nothing but the rows, a transaction for each block: the most this database takes in."""
    for content in blocks:
        with connection.cursor().copy(COPY_IN) as copy:
            copy.write(content)


def count_fixes(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM position").fetchone()
    return int(row[0]) if row else 0


def backend(connection: Connection) -> int:
    """The backend that serves this connection, by its process number."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
