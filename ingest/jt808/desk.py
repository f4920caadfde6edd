"""The gateway's own connection to the database: who a terminal is, what is put aside, what it shall do.

Fixes do not pass here; they go through the writer. Everything here is answered to a terminal after its
commit, and not at all while the database is away.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Container
from typing import Any, TypeVar

import psycopg
import structlog

from ingest.database import SESSION
from ingest.jt808 import repository
from ingest.jt808.errors import Jt808Error
from ingest.jt808.messages.terminal import Authentication, Registration
from ingest.jt808.repository import Command, Connection, Device, KnownTerminal, Letter, Outcome
from schemas.clock import Clock

T = TypeVar("T")
log = structlog.get_logger()

TRY_AGAIN_S = 1.0
REGISTERED, REGISTERED_TO_ANOTHER, NO_SUCH_TERMINAL = 0, 3, 4
"""Results of 0x8100."""


class DatabaseAwayError(Jt808Error):
    """The database did not take it: the terminal is not answered and will say it again."""


class Desk:
    """One connection, one statement at a time; each commits by itself."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._away_until = 0.0  # so that a crowd does not wait for one attempt to connect after the other

    async def register(self, phone: str, version: int, registration: Registration) -> tuple[int, str]:
        """A result of 0x8100 and, with 0, the authentication code. Raises DatabaseAwayError."""
        code = secrets.token_urlsafe(16)
        device = Device(
            version=version,
            manufacturer=_storable(registration.manufacturer),
            model=_storable(registration.model),
            device=_storable(registration.terminal_id),
            plate=_storable(registration.plate),
            plate_colour=registration.plate_colour,
            province=registration.province,
            city=registration.city,
        )
        now = self._clock.now()
        registered = await self._do(
            lambda connection: repository.register(connection, phone, _digest(code), device, now)
        )
        if not registered.known:
            return NO_SUCH_TERMINAL, ""
        return (REGISTERED, code) if registered.taken else (REGISTERED_TO_ANOTHER, "")

    async def authenticate(self, phone: str, said: Authentication) -> KnownTerminal | None:
        """The terminal if the code is the one it was given. Raises DatabaseAwayError."""
        digest, now = _digest(said.auth_code), self._clock.now()
        imei, software = _storable(said.imei), _storable(said.software_version)
        return await self._do(
            lambda connection: repository.authenticate(connection, phone, digest, imei, software, now)
        )

    async def deregister(self, terminal_id: int) -> None:
        await self._do(lambda connection: repository.release(connection, terminal_id))

    async def put_aside(self, letter: Letter) -> None:
        """Durable when it returns. Raises DatabaseAwayError."""
        await self._do(lambda connection: repository.put_aside(connection, letter))

    async def claim_commands(self, connected: Container[int]) -> list[Command]:
        """Those for terminals that are connected here; to be sent now. Raises DatabaseAwayError."""
        now = self._clock.now()
        return await self._do(lambda connection: repository.claim_commands(connection, connected, now))

    async def close_command(
        self,
        command_id: int,
        outcome: Outcome,
        result: int | None = None,
        answer: dict[str, Any] | None = None,
    ) -> None:
        now = self._clock.now()
        await self._do(
            lambda connection: repository.close_command(connection, command_id, outcome, result, answer, now)
        )

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _do(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._lock:
            if time.monotonic() < self._away_until:
                raise DatabaseAwayError("it was away a moment ago")
            try:
                if self._connection is None:
                    self._connection = await psycopg.AsyncConnection.connect(
                        self._url,
                        autocommit=True,
                        application_name="motorpool-gateway",
                        options=SESSION,
                        connect_timeout=5,
                        tcp_user_timeout=15_000,
                    )
                return await work(self._connection)
            except psycopg.DataError:
                raise
            except psycopg.Error as error:
                await self.close()
                self._away_until = time.monotonic() + TRY_AGAIN_S
                raise DatabaseAwayError(str(error).strip() or type(error).__name__) from error


def _digest(code: str) -> bytes:
    """The code is 128 random bits: a plain hash of it cannot be searched."""
    return hashlib.sha256(code.encode()).digest()


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")
