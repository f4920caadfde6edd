"""One connection that comes back: a transaction is tried until it is committed or we are told to stop."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Literal, TypeVar

import psycopg
import structlog

from ingest import repository
from ingest.errors import StoppedError
from ingest.repository import Connection

T = TypeVar("T")
log = structlog.get_logger()

Trouble = Literal["away", "disk_full", "locked", "other"]
SAID: dict[Trouble, str] = {
    "away": "the database is not reachable",
    "disk_full": "the database's disk is full; free some space on its volume",
    "locked": "the database waits for a lock somebody else holds",
    "other": "the database does not take the batch",
}
DISK_FULL = "53100"
LOCKED = ("55P03", "40P01", "40001")
AWAY = ("08", "57P")
"""Beginnings of SQL states: connection exceptions, and a server that shuts down or starts up."""

POISON = (psycopg.DataError, psycopg.IntegrityError)
"""The data is at fault: trying again cannot help. All else passes (restart, full disk, lock, deadlock)."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0
# Batches are small and tables large, which the planner does not know of temporary tables: look rows up.
SESSION = (
    "-c timezone=UTC -c jit=off -c enable_hashjoin=off -c enable_mergejoin=off -c lock_timeout=5s "
    "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
)


def connect(url: str, application: str) -> Connection:
    """A connection prepared for storing positions; a peer that vanished is noticed within 15 s."""
    connection = psycopg.connect(
        url,
        application_name=application,
        options=SESSION,
        connect_timeout=5,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=15_000,
    )
    try:
        with connection.transaction():
            repository.prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


class Database:
    """The writer's connection. Used by one thread; `cancel` may come from another."""

    def __init__(self, url: str, stop: threading.Event) -> None:
        self._url = url
        self._stop = stop
        self._connection: Connection | None = None
        self._failing: tuple[Trouble, float] | None = None

    def transaction(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and commit; on any trouble but the data's own, reconnect and run it again.

        `work` may run several times, also after a commit whose answer was lost: it must be idempotent.
        Raises StoppedError if the database is away when asked to stop, and the POISON errors.
        """
        failures = 0
        while True:
            try:
                result = self._attempt(work)
            except POISON:
                raise
            except psycopg.Error as error:
                failures += 1
                self.close()
                self._wait(failures, error)
            else:
                self._failing = None
                if failures:
                    log.info("database is back", attempts=failures + 1)
                return result

    @property
    def trouble(self) -> Trouble | None:
        """Why nothing is stored at present; None while all is well."""
        failing = self._failing
        return failing[0] if failing else None

    @property
    def failing_s(self) -> float:
        """For how long nothing has been stored because of trouble (real seconds)."""
        failing = self._failing
        return time.monotonic() - failing[1] if failing else 0.0

    def cancel(self) -> None:
        """Interrupt the statement under way, so that a stop does not wait for it."""
        connection = self._connection
        if connection is not None and not connection.closed:
            connection.cancel_safe(timeout=1)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = connect(self._url, "motorpool-ingest")
        with self._connection.transaction():
            return work(self._connection)

    def _wait(self, failures: int, error: psycopg.Error) -> None:
        kind = trouble_of(error)
        self._failing = kind, (self._failing[1] if self._failing else time.monotonic())
        delay = min(FIRST_DELAY_S * 2 ** min(failures - 1, 10), LONGEST_DELAY_S)
        (log.error if kind == "disk_full" else log.warning)(
            f"{SAID[kind]}; nothing is acknowledged, the broker keeps it",
            trouble=kind,
            error=str(error).strip() or type(error).__name__,
            sqlstate=error.sqlstate,
            attempt=failures,
            retry_in_s=round(delay, 1),
        )
        if self._stop.wait(delay * random.uniform(0.5, 1.0)):
            raise StoppedError(
                "Told to stop while the database is away; the broker keeps what was not stored"
            )


def trouble_of(error: psycopg.Error) -> Trouble:
    """What kind of trouble it is, by its SQL state; an error without one never reached the server."""
    state = error.sqlstate
    if state == DISK_FULL:
        return "disk_full"
    if state in LOCKED:
        return "locked"
    if state is None or state.startswith(AWAY):
        return "away"
    return "other"
