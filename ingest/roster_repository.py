"""SQL of the roster. Leases live on real time, and on the database's clock, which all workers share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import psycopg

from ingest.roster import Session
from ingest.shards import ShardRange

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

ROSTER_LOCK = 0x4D50_0020
"""Advisory lock, with the station's hash: one worker at a time looks at the roster and changes it."""

LOCK_ROSTER = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"

BEAT = """
INSERT INTO ingest_worker (name, station, backend_pid, backend_start, able, seen_at)
SELECT %(name)s, %(station)s, pid, backend_start, %(able)s, clock_timestamp()
FROM pg_stat_activity WHERE pid = pg_backend_pid()
ON CONFLICT (name) DO UPDATE SET backend_pid = excluded.backend_pid,
    backend_start = excluded.backend_start, able = excluded.able, seen_at = excluded.seen_at
"""

# A worker is dead when it was not seen for the length of a lease (it hangs, or its host is gone), or when its
# connection has ended and it did not come back at once (it was killed). Its ranges become free with it.
BURY_THE_DEAD = """
DELETE FROM ingest_worker AS w
WHERE station = %(station)s AND name <> %(name)s
  AND (seen_at < clock_timestamp() - make_interval(secs => %(lease_s)s)
       OR seen_at < clock_timestamp() - make_interval(secs => %(gone_s)s)
          AND NOT EXISTS (SELECT FROM pg_stat_activity AS a
                          WHERE a.pid = w.backend_pid
                            AND coalesce(a.backend_start, w.backend_start) = w.backend_start))
RETURNING name
"""

WORKERS = "SELECT name, able FROM ingest_worker WHERE station = %s"

SESSIONS = """
SELECT client_id, number, ranges, retired, opened, worker FROM ingest_range WHERE station = %s
"""

ADD_SESSION = """
INSERT INTO ingest_range (client_id, station, number, ranges, retired)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (client_id) DO UPDATE SET retired = excluded.retired, opened = false
"""

RETIRE = "UPDATE ingest_range SET retired = true WHERE station = %s AND ranges <> %s"
TAKE = "UPDATE ingest_range SET worker = %s WHERE client_id = ANY(%s) AND worker IS NULL"
HAND_BACK = "UPDATE ingest_range SET worker = NULL WHERE worker = %s AND client_id = ANY(%s)"
OPENED = "UPDATE ingest_range SET opened = true WHERE worker = %s AND client_id = ANY(%s) AND NOT opened"
FORGET = "DELETE FROM ingest_range WHERE worker = %s AND client_id = ANY(%s) AND retired"
LEAVE = "DELETE FROM ingest_worker WHERE name = %s"


def lock(connection: Connection, station: str) -> None:
    connection.execute(LOCK_ROSTER, [ROSTER_LOCK, station])


def beat(connection: Connection, station: str, name: str, *, able: bool) -> None:
    """Say that this worker lives, and whether it reaches the broker."""
    connection.execute(BEAT, {"name": name, "station": station, "able": able})


def bury_the_dead(
    connection: Connection, station: str, name: str, *, lease_s: float, gone_s: float
) -> list[str]:
    """Free the ranges of workers that live no more; returns their names."""
    parameters = {"station": station, "name": name, "lease_s": lease_s, "gone_s": gone_s}
    return [row[0] for row in connection.execute(BURY_THE_DEAD, parameters).fetchall()]


def workers(connection: Connection, station: str) -> dict[str, bool]:
    """Everybody who lives, and whether he reaches the broker."""
    return dict(connection.execute(WORKERS, [station]).fetchall())


def sessions(connection: Connection, station: str) -> list[Session]:
    return [
        Session(client_id, ShardRange(number, ranges), retired, opened, worker)
        for client_id, number, ranges, retired, opened, worker in connection.execute(SESSIONS, [station])
    ]


def add_session(connection: Connection, station: str, covered: ShardRange, *, retired: bool) -> None:
    connection.execute(
        ADD_SESSION, [covered.client_id(station), station, covered.number, covered.ranges, retired]
    )


def retire_all_but(connection: Connection, station: str, ranges: int) -> None:
    """Sessions of another number of ranges shall be emptied and ended."""
    connection.execute(RETIRE, [station, ranges])


def take(connection: Connection, name: str, client_ids: Collection[str]) -> None:
    connection.execute(TAKE, [name, list(client_ids)])


def hand_back(connection: Connection, name: str, client_ids: Collection[str]) -> None:
    connection.execute(HAND_BACK, [name, list(client_ids)])


def opened(connection: Connection, name: str, client_ids: Collection[str]) -> None:
    connection.execute(OPENED, [name, list(client_ids)])


def forget(connection: Connection, name: str, client_ids: Collection[str]) -> None:
    connection.execute(FORGET, [name, list(client_ids)])


def leave(connection: Connection, name: str) -> None:
    connection.execute(LEAVE, [name])
