"""The scratch database of a benchmark: made-up terminals, and the ways to store that ours is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ingest.errors import ScratchDatabaseError
from ingest.repository import POSITION_COLUMNS, Connection
from ingest.rows import PositionRow, position_row
from ingest.validate import moment
from schemas.telemetry import Fix

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
FORGET_FIXES = "TRUNCATE position, position_change, vehicle_state, terminal_progress"
FORGET_POOL = ("terminal_binding", "vehicle", "terminal", "bay", "depot", "organisation")

COPY_OUT = f"COPY (SELECT {POSITION_COLUMNS} FROM position) TO STDOUT (FORMAT binary)"  # noqa: S608 - ours
COPY_IN = f"COPY position ({POSITION_COLUMNS}) FROM STDIN (FORMAT binary)"
INSERT_ONE = f"""
INSERT INTO position ({POSITION_COLUMNS}) VALUES ({", ".join(f"%({name})s" for name in PositionRow._fields)})
ON CONFLICT DO NOTHING
"""  # noqa: S608 - column names of ours


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


def insert_one(connection: Connection, terminal_id: int, fix: Fix, received_at: datetime) -> None:
    """One fix by itself, as a consumer does that was written in an afternoon."""
    row = position_row(terminal_id, fix, 0)._asdict()
    row |= {"time": moment(fix.time), "sent_at": moment(fix.sent), "received_at": received_at}
    connection.execute(INSERT_ONE, row)


def copy_out(connection: Connection) -> bytes:
    """Every stored fix as PostgreSQL itself writes it for COPY."""
    with connection.cursor().copy(COPY_OUT) as copy:
        return b"".join(bytes(block) for block in copy)


def copy_in(connection: Connection, content: bytes) -> None:
    """Nothing but the rows: the most this database takes in."""
    with connection.cursor().copy(COPY_IN) as copy:
        copy.write(content)
