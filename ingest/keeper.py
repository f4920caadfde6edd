"""Keeps this worker's place in the roster: serves its share of the ranges, takes over from the dead.

Nothing here is needed for safety. A worker that wrongly believes it serves a range can at worst push the
right one out at the broker for a moment: rows are stored once by their key, and an acknowledgement counts
only in the connection its message came through. So a worker without a database keeps what it serves.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from functools import partial

import psycopg
import structlog

from ingest import roster_repository as repository
from ingest.mqtt_receiver import MqttReceiver
from ingest.range_receiver import RangeReceiver
from ingest.retired import RetiredReceiver
from ingest.roster import Session, duty, those_who_share
from ingest.roster_repository import Connection
from ingest.settings import IngestSettings
from ingest.shards import BrokerSession, ShardRange, ranges_of
from schemas.clock import Clock

log = structlog.get_logger()

TICK_S = 1.0
GONE_S = 1.5
"""A worker whose connection ended is dead unless it is back within this time."""
LEASE_S = 10.0
"""A worker that is not seen this long is dead whatever its connection says: it hangs."""
UNABLE_S = 10.0
"""Whoever has not reached the broker this long leaves his ranges to those who do."""
REACH_S = 1.0
RETURN_S = 5.0
"""After the database was away everybody's connection has ended: all have this long to come back."""
LEAVE_TIMEOUT_S = 2.0
OPTIONS = (
    "-c timezone=UTC -c lock_timeout=3s -c statement_timeout=3s -c idle_in_transaction_session_timeout=5s"
)


class Keeper:
    """A thread beside the writer's, with a connection of its own that the database can see end."""

    def __init__(self, settings: IngestSettings, clock: Clock, receiver: RangeReceiver) -> None:
        self.name = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"
        self._settings = settings
        self._clock = clock
        self._receiver = receiver
        self._station = settings.ingest_client_id
        self._connection: Connection | None = None
        self._handed_back: set[str] = set()
        self._ended: set[str] = set()
        self._told: set[str] = set()  # warnings given once
        self._lenient_until = 0.0  # monotonic
        self._lost_at: float | None = None  # since when no session of ours is connected, monotonic
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin with nothing more."""
        self._stop.set()

    def leave(self) -> None:
        """Free this worker's ranges, once its receivers are closed."""
        self._stop.set()
        self._thread.join(LEAVE_TIMEOUT_S)
        if self._connection is None or self._thread.is_alive():
            return
        with suppress(psycopg.Error), self._connection as connection:  # closes it, whatever happens
            repository.leave(connection, self.name)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                self._tick()
                self._told.discard("database")
            except psycopg.Error as error:
                self._without_database(error)
            except Exception:
                log.exception("the roster could not be kept; trying again")
            self._stop.wait(TICK_S)

    def _tick(self) -> None:
        for client_id in self._receiver.emptied():
            self._end(client_id)
        connection, able = self._connected(), self._is_able()
        with connection.transaction():
            repository.lock(connection, self._station)
            sessions = self._report(connection, able=able)
            workers = repository.workers(connection, self._station)
            sessions = self._lay_out(connection, sessions, len(workers))
            step = duty(sessions, those_who_share(workers), self.name)
            repository.take(connection, self.name, step.take)
        mine = {
            one.client_id: one for one in sessions if one.worker == self.name or one.client_id in step.take
        }
        self._follow(mine)
        self._receiver.let_go(step.hand_back)

    def _is_able(self) -> bool:
        """Whether the broker is within reach: it delivers, did so lately, or has opened its door again."""
        served = self._receiver.served()
        if any(one.receiver.receiving for one in served):
            self._lost_at = None
        elif served:
            self._lost_at = self._lost_at or time.monotonic()
        elif self._lost_at is not None and self._reaches_broker():
            self._lost_at = None
        return self._lost_at is None or time.monotonic() - self._lost_at < UNABLE_S

    def _reaches_broker(self) -> bool:
        address = self._settings.broker()
        try:
            socket.create_connection((address.host, address.port), timeout=REACH_S).close()
        except OSError:
            return False
        return True

    def _report(self, connection: Connection, *, able: bool) -> list[Session]:
        """Tell what was done since the last time, and see what the roster says now."""
        repository.beat(connection, self._station, self.name, able=able)
        gone_s = LEASE_S if time.monotonic() < self._lenient_until else GONE_S
        for name in repository.bury_the_dead(
            connection, self._station, self.name, lease_s=LEASE_S, gone_s=gone_s
        ):
            log.warning("a worker is gone; its ranges are free", worker=name)
        repository.hand_back(connection, self.name, self._handed_back)
        repository.forget(connection, self.name, self._ended)
        repository.opened(connection, self.name, self._open())
        self._handed_back.clear()
        self._ended.clear()
        return repository.sessions(connection, self._station)

    def _lay_out(self, connection: Connection, sessions: list[Session], workers: int) -> list[Session]:
        """One number of ranges is in force; it changes when a worker starts that is alone."""
        wanted = self._settings.ingest_ranges
        current = [session for session in sessions if not session.retired]
        served = {one.session.client_id: one.session for one in self._receiver.served()}
        for client_id in served.keys() - {session.client_id for session in sessions}:
            repository.add_session(connection, self._station, served[client_id].range, retired=True)
        if current and len(current) != wanted and workers > 1:
            self._warn_of_other_number(len(current), wanted)
        elif len(current) != wanted:
            self._renew(connection, wanted, first=not sessions)
        else:
            return sessions
        return repository.sessions(connection, self._station)

    def _renew(self, connection: Connection, wanted: int, *, first: bool) -> None:
        log.info("ranges", number=wanted, station=self._station)
        for covered in ranges_of(wanted):
            repository.add_session(connection, self._station, covered, retired=False)
        if first and wanted > 1:  # there may be a session of a version or a time without a roster
            repository.add_session(connection, self._station, ShardRange(0, 1), retired=True)
        repository.retire_all_but(connection, self._station, wanted)

    def _follow(self, mine: dict[str, Session]) -> None:
        """Serve what the roster says is ours, and nothing else."""
        served = {one.session.client_id: one for one in self._receiver.served()}
        for client_id, one in served.items():
            now = mine.get(client_id)
            if now is None or now.retired != one.session.retired:
                log.warning("no longer ours", client_id=client_id)
                self._receiver.drop(client_id).close()
            elif isinstance(one.receiver, RetiredReceiver):
                one.receiver.advance()
        for client_id in mine.keys() - {one.session.client_id for one in self._receiver.served()}:
            self._serve(mine[client_id])

    def _serve(self, session: Session) -> None:
        log.info("serves", client_id=session.client_id, retired=session.retired)
        self._receiver.serve(session, partial(self._open_session, session))

    def _open_session(self, session: Session, first_epoch: int) -> MqttReceiver:
        kind = RetiredReceiver if session.retired else MqttReceiver
        at_broker = BrokerSession(session.client_id, session.range.subscriptions(), first_epoch)
        return kind(self._settings, self._clock, at_broker)

    def _end(self, client_id: str) -> None:
        receiver = self._receiver.drop(client_id)
        if isinstance(receiver, RetiredReceiver) and receiver.done:
            receiver.end()
            self._ended.add(client_id)
        else:
            receiver.close()
            self._handed_back.add(client_id)
            log.info("handed back", client_id=client_id)

    def _open(self) -> list[str]:
        return [
            one.session.client_id
            for one in self._receiver.served()
            if one.receiver.receiving and not one.session.retired
        ]

    def _without_database(self, error: psycopg.Error) -> None:
        """What is served stays served. With a single range there is nobody to share with: begin with it."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._lenient_until = time.monotonic() + RETURN_S
        if "database" not in self._told:
            self._told.add("database")
            log.warning(
                "the roster cannot be read; what is served stays served",
                error=str(error).strip() or type(error).__name__,
            )
        if self._settings.ingest_ranges == 1 and not self._receiver.served() and not self._stop.is_set():
            covered = ShardRange(0, 1)
            self._serve(Session(covered.client_id(self._station), covered, worker=self.name))

    def _warn_of_other_number(self, current: int, wanted: int) -> None:
        if "ranges" not in self._told:
            self._told.add("ranges")
            log.warning(
                "the workers that run share another number of ranges, which stays in force; "
                "stop all of them to change it",
                in_force=current,
                wanted=wanted,
            )

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._settings.database_url.get_secret_value(),
                application_name="motorpool-ingest-roster",
                options=OPTIONS,
                connect_timeout=3,
                keepalives_idle=2,
                keepalives_interval=1,
                keepalives_count=3,
                tcp_user_timeout=5_000,
            )
        return self._connection
