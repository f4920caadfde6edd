"""The TCP server: accepts terminals, passes what they say to the writer and the commit back to them.

Everything here runs on one event loop; `receiver.py` is the bridge to the writer's thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

import msgspec
import structlog

from ingest.jt808.desk import DatabaseAwayError, Desk
from ingest.jt808.errors import CommandError, GatewayAddressError
from ingest.jt808.house import Awaited
from ingest.jt808.line import Line
from ingest.jt808.repository import Command, KnownTerminal
from ingest.jt808.session import Session
from ingest.jt808.settings import GatewaySettings
from ingest.message import Message
from schemas.clock import Clock
from schemas.telemetry import Event, Fix, Status, topic

log = structlog.get_logger()

BOOTS_SINCE = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
STRANGERS_A_MINUTE = 60
READ_BUFFER_BYTES = 8 * 1024


class Gateway:
    """Sessions by terminal, and what of them waits for a commit. `put` gives a message to the writer."""

    def __init__(self, settings: GatewaySettings, clock: Clock, put: Callable[[Message], bool]) -> None:
        self.settings = settings
        self.clock = clock
        self.desk = Desk(settings.database_url.get_secret_value(), clock)
        self._put = put
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions: dict[int, Session] = {}  # by terminal id
        self._boots: dict[int, int] = {}
        self._awaited: dict[int, Awaited] = {}  # by the number of the message
        self._number = 0
        self._room = asyncio.Event()
        self._room.set()
        self._paused = False
        self._lapsed: list[int] = []  # commands nobody will answer any more
        self._strangers = 0
        self._strangers_since = 0.0

    async def open(self) -> int:
        """Listen; returns the port. Raises GatewayAddressError."""
        host, port = self.settings.gateway_host, self.settings.gateway_port
        try:
            self._server = await asyncio.start_server(
                self._accept, host, port, limit=READ_BUFFER_BYTES, backlog=1_024
            )
        except OSError as error:
            raise GatewayAddressError(
                f"The gateway cannot listen on {host}:{port}: {error.strerror or error}. "
                "Set MOTORPOOL_GATEWAY_HOST and MOTORPOOL_GATEWAY_PORT"
            ) from error
        self._ticking = asyncio.create_task(self._tick())
        listening: int = self._server.sockets[0].getsockname()[1]
        log.info("listening for JT/T 808", host=host, port=listening)
        return listening

    def pause(self) -> None:
        """Take nothing more in; answers still go out."""
        self._paused = True
        self._room.clear()
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Send what is written and end every connection."""
        self.pause()
        if self._ticking is not None:
            self._ticking.cancel()
        for session in list(self._sessions.values()):
            session.line.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await self.desk.close()

    def committed(self, numbers: Iterable[int]) -> None:
        """Answer the terminals whose messages these were."""
        for number in numbers:
            awaited = self._awaited.pop(number, None)
            if awaited is not None:
                awaited.session.stored(awaited)
        if not self._full and not self._paused:
            self._room.set()

    def attach(self, session: Session, terminal: KnownTerminal) -> int:
        """The newest connection speaks for a terminal; an older one is closed."""
        older = self._sessions.get(terminal.id)
        if older is not None and older is not session:
            older.line.close()
        self._sessions[terminal.id] = session
        elapsed = int((self.clock.now() - BOOTS_SINCE).total_seconds())
        boot = max(elapsed, self._boots.get(terminal.id, 0) + 1)
        self._boots[terminal.id] = boot
        return boot

    def hand_over(
        self, terminal: str, content: list[Fix] | Event | Status, awaited: Awaited | None = None
    ) -> None:
        number = 0
        if awaited is not None:
            self._number = number = self._number + 1
            self._awaited[number] = awaited
            if self._full:
                self._room.clear()
        message = Message(
            topic=topic(terminal, _kind(content)),
            payload=msgspec.json.encode(content),
            received_at=self.clock.now(),
            mid=number,
        )
        if not self._put(message):
            self._awaited.pop(number, None)

    async def room(self) -> None:
        await self._room.wait()

    def may_put_strangers_aside(self) -> bool:
        now = time.monotonic()
        if now - self._strangers_since > 60:
            self._strangers, self._strangers_since = 0, now
        self._strangers += 1
        return self._strangers <= STRANGERS_A_MINUTE

    @property
    def connections(self) -> int:
        return len(self._tasks)

    @property
    def terminals(self) -> int:
        """Authenticated ones."""
        return len(self._sessions)

    @property
    def _full(self) -> bool:
        return len(self._awaited) >= self.settings.ingest_receive_maximum

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= self.settings.gateway_max_connections:
            log.warning("too many connections; one refused", limit=self.settings.gateway_max_connections)
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        session = Session(Line(reader, writer, self.settings.gateway_window), self)
        self._tasks.add(task)
        try:
            await session.run()
        except asyncio.CancelledError:
            session.line.close()  # the gateway closes; a cancelled handler would be reported as a fault
        except Exception:
            log.exception("a connection failed by a flaw of ours", peer=session.line.peer)
        finally:
            self._tasks.discard(task)
            self._detach(session)

    def _detach(self, session: Session) -> None:
        self._lapsed += session.take_unanswered()
        terminal = session.terminal
        if terminal is None or self._sessions.get(terminal.id) is not session:
            return
        del self._sessions[terminal.id]
        self.hand_over(terminal.code, Status(online=False))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self.settings.gateway_poll_s)
            try:
                await self._look_after_commands()
            except DatabaseAwayError:
                pass  # the sessions say so; commands wait in the database
            except Exception:
                log.exception("commands could not be looked after")

    async def _look_after_commands(self) -> None:
        now = time.monotonic()
        for session in list(self._sessions.values()):
            self._lapsed += session.tick(now)
        while self._lapsed:
            await self.desk.close_command(self._lapsed[-1], "unanswered")
            self._lapsed.pop()
        for command in await self.desk.claim_commands(self._sessions):
            await self._command(command)

    async def _command(self, command: Command) -> None:
        session = self._sessions.get(command.terminal_id)
        if session is None:
            await self.desk.close_command(command.id, "unanswered")
            return
        try:
            session.command(command)
        except CommandError as error:
            log.warning("command refused", command=command.id, reason=str(error))
            await self.desk.close_command(command.id, "refused", answer={"reason": str(error)})


def _kind(content: list[Fix] | Event | Status) -> Literal["fix", "event", "status"]:
    if isinstance(content, list):
        return "fix"
    return "event" if isinstance(content, Event) else "status"
