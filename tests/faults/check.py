"""The independent checker: ledger against database. Nothing of ingest or of the terminals is in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.faults.ledger import Entry, LedgerReader, Taken, Told

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CREATE_SEEN = """
CREATE TEMPORARY TABLE seen
    (terminal text, boot int, seq bigint, time timestamptz, lon float8, lat float8, fate text, told boolean)
"""
# How often each fix stands in the hypertable as it was taken, and whether among the dead letters.
PLACE = """
CREATE TEMPORARY TABLE placed AS
WITH aside AS (
    SELECT DISTINCT terminal, (content ->> 'boot')::int AS boot, (content ->> 'seq')::bigint AS seq
    FROM (SELECT terminal, convert_from(payload, 'UTF8')::jsonb AS content FROM dead_letter
          WHERE reason IN ('future', 'too_old')) AS letter
)
SELECT s.fate, s.told, a.seq IS NOT NULL AS aside,
       (SELECT count(*) FROM position AS p JOIN terminal AS t ON t.id = p.terminal_id
        WHERE t.code = s.terminal AND p.time = s.time AND p.boot = s.boot AND p.seq = s.seq
          AND p.lon = s.lon AND p.lat = s.lat) AS stored
FROM seen AS s LEFT JOIN aside AS a USING (terminal, boot, seq)
"""
COUNT_TOLD = "SELECT count(*) FROM placed WHERE told"
COUNT_LOST = """
SELECT count(*) FROM placed WHERE told AND NOT CASE fate
    WHEN 'stored' THEN stored > 0
    WHEN 'aside' THEN aside
    ELSE stored > 0 OR aside END
"""
COUNT_DOUBLED = """
SELECT coalesce(sum(stored - 1) FILTER (WHERE stored > 1), 0)
     + count(*) FILTER (WHERE fate = 'aside' AND stored > 0)
FROM placed
"""
# A row under the right number with another content, a number nobody gave, a second row for one number.
COUNT_INVENTED = """
SELECT (SELECT count(*) FROM position AS p JOIN terminal AS t ON t.id = p.terminal_id
        WHERE t.code IN (SELECT terminal FROM seen) AND p.boot >= (SELECT min(boot) FROM seen))
     - (SELECT coalesce(sum(stored), 0) FROM placed)
"""


@dataclass(frozen=True)
class Verdict:
    """Counts of fixes. All but `told` must be 0.

    lost: told as handled and not to be found. doubled: stored more than once, or stored though it belongs
    among the dead letters. premature: acknowledgements of numbers that had not been taken.
    """

    told: int
    lost: int
    doubled: int
    premature: int
    invented: int = 0

    @property
    def faultless(self) -> bool:
        return not (self.lost or self.doubled or self.premature or self.invented)


class Auditor:
    """Reads a ledger on and on, and compares with the database when asked."""

    def __init__(self, ledger: Path, database_url: str) -> None:
        self._entries = LedgerReader(ledger)
        self._database_url = database_url
        self._waiting: dict[tuple[str, int], dict[int, Taken]] = {}
        self._highest: dict[tuple[str, int], int] = {}
        self._fresh: list[Taken] = []
        self._told: list[Taken] = []
        self._premature = 0

    def verify_fresh(self) -> Verdict:
        """Those fixes of which terminals were told since the last time; load may go on meanwhile."""
        self._read_on()
        fresh, self._fresh = self._fresh, []
        with self._compared((fix, True) for fix in fresh) as connection:
            return self._verdict(connection)

    def verify_all(self) -> Verdict:
        """Everything, once the load is at rest: also rows nobody sent."""
        self._read_on()
        self._fresh = []
        untold = [fix for waiting in self._waiting.values() for fix in waiting.values()]
        rows = [*((fix, True) for fix in self._told), *((fix, False) for fix in untold)]
        with self._compared(rows) as connection:
            verdict = self._verdict(connection)
            invented = _count(connection, COUNT_INVENTED)
        return Verdict(verdict.told, verdict.lost, verdict.doubled, verdict.premature, invented)

    def _read_on(self) -> None:
        for entry in self._entries.read_on():
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        boot = (entry.terminal, entry.boot)
        if isinstance(entry, Taken):
            self._waiting.setdefault(boot, {})[entry.seq] = entry
            self._highest[boot] = max(entry.seq, self._highest.get(boot, -1))
            return
        waiting = self._waiting.get(boot, {})
        last = max([entry.upto, *(end for _, end in entry.ranges)])
        self._premature += last > self._highest.get(boot, -1)
        for fix in [fix for seq, fix in waiting.items() if _covers(entry, seq)]:
            self._fresh.append(waiting.pop(fix.seq))
            self._told.append(fix)

    def _compared(self, rows: Iterable[tuple[Taken, bool]]) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = psycopg.connect(self._database_url)
        connection.execute(CREATE_SEEN)
        with connection.cursor().copy("COPY seen FROM STDIN") as copy:
            for fix, told in rows:
                moment = EPOCH + timedelta(milliseconds=fix.time)
                copy.write_row((fix.terminal, fix.boot, fix.seq, moment, fix.lon, fix.lat, fix.fate, told))
        connection.execute("ANALYZE seen")
        connection.execute(PLACE)
        return connection

    def _verdict(self, connection: psycopg.Connection[Any]) -> Verdict:
        told, lost, doubled = (_count(connection, each) for each in (COUNT_TOLD, COUNT_LOST, COUNT_DOUBLED))
        return Verdict(told, lost, doubled, self._premature)


def _covers(ack: Told, seq: int) -> bool:
    return seq <= ack.upto or any(first <= seq <= last for first, last in ack.ranges)


def _count(connection: psycopg.Connection[Any], statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
