"""DESIGN 4.1: every fix a terminal was told is handled stands in the hypertable exactly once.

The checker reads the database as an outsider with a connection of its own; it shares nothing with ingest,
and with the history of fixes only its codec.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from fleet.history.fixes import microseconds
from fleet.history.packs import unpack_day
from simulators.terminals.ledger import Acknowledged

CREATE_TOLD = """
CREATE TEMPORARY TABLE told (terminal text, boot integer, seq bigint, time timestamptz, digest bigint)
"""
NOT_IN_ROWS = """
SELECT t.terminal, t.time, t.digest FROM (SELECT DISTINCT terminal, time, digest FROM told) AS t
WHERE NOT EXISTS (SELECT FROM position AS p JOIN terminal AS k ON k.id = p.terminal_id
                  WHERE k.code = t.terminal AND p.time = t.time AND p.digest = t.digest)
"""
PACKS = """
SELECT blob FROM position_pack AS p JOIN terminal AS k ON k.id = p.terminal_id
WHERE k.code = %s AND p.start <= %s AND p.last_time >= %s
"""
COUNT_DOUBLED = """
SELECT (SELECT count(*)
        FROM (SELECT FROM position GROUP BY terminal_id, boot, seq HAVING count(*) > 1) AS by_number)
     + (SELECT count(*)
        FROM (SELECT FROM position GROUP BY terminal_id, time, digest HAVING count(*) > 1) AS by_content)
"""
COUNT_TOLD_JT808 = """
SELECT count(*) FROM told AS t JOIN terminal AS k ON k.code = t.terminal WHERE k.protocol = 'jt808'
"""
COUNT_STORED = """
SELECT (SELECT count(*) FROM position) + (SELECT coalesce(sum(fixes), 0) FROM position_pack)
"""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """`told` counts acknowledgements, `told_jt808` those of them over JT/T 808 (0x8001).

    `lost` and `doubled` must be 0.
    """

    told: int
    stored: int
    lost: int
    doubled: int
    told_jt808: int = 0


def check_stored(database_url: str, ledger: Iterable[Acknowledged]) -> StoredReport:
    """Compare the ledger with the database."""
    with psycopg.connect(database_url) as connection:
        connection.execute(CREATE_TOLD)
        told = 0
        with connection.cursor().copy("COPY told FROM STDIN") as copy:
            for entry in ledger:
                moment = EPOCH + timedelta(milliseconds=entry.time)
                copy.write_row((entry.terminal, entry.boot, entry.seq, moment, entry.digest))
                told += 1
        return StoredReport(
            told,
            _count(connection, COUNT_STORED),
            _count_lost(connection),
            _count(connection, COUNT_DOUBLED),
            _count(connection, COUNT_TOLD_JT808),
        )


def _count_lost(connection: psycopg.Connection[TupleRow]) -> int:
    """Told, and neither among the rows nor in the packs of old hours."""
    missing: dict[str, set[tuple[int, int]]] = {}
    for terminal, moment, digest in connection.execute(NOT_IN_ROWS):
        missing.setdefault(terminal, set()).add((microseconds(moment), digest))
    return sum(len(keys - _packed(connection, terminal, keys)) for terminal, keys in missing.items())


def _packed(
    connection: psycopg.Connection[TupleRow], terminal: str, keys: set[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Times and digests of the terminal's packs that may hold `keys`."""
    moments = [EPOCH + timedelta(microseconds=time) for time, _ in keys]
    found: set[tuple[int, int]] = set()
    for (blob,) in connection.execute(PACKS, [terminal, max(moments), min(moments)]):
        fixes = unpack_day(blob)
        found |= set(zip(fixes["time"].tolist(), fixes["digest"].tolist(), strict=True))
    return found


def _count(connection: psycopg.Connection[TupleRow], statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
