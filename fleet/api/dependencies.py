"""What an endpoint may ask for: its transaction, the time, the reader.

@router.post("/things")
async def create(connection: Transaction, now: Now, reader: SignedIn) -> Thing: ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, cast

import asyncpg
from fastapi import Depends, Path, Request

from fleet.database import AWAY, Connection, Pool
from fleet.errors import ForbiddenError, NotSignedInError, UnavailableError
from fleet.identity.model import Reader
from fleet.identity.repository import reader_of_session
from fleet.identity.tokens import COOKIE, token_digest
from fleet.settings import Settings
from schemas.clock import Clock, SystemClock

__all__ = [
    "ClockOf", "Now", "Reader", "RowId", "SettingsOf", "SignedIn", "Transaction", "acquire",
    "guard_against_forgery", "requires", "session_reader",
]  # fmt: skip

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A key in a path; beyond this nothing can exist."""

ROLE_NAMES_HELP = "Ask an administrator for the role, or sign in with another account."


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of the pool, or UnavailableError while the database is away."""
    try:
        connection = await pool.acquire(timeout=10)
    except (OSError, *AWAY, asyncpg.PostgresError) as error:
        raise UnavailableError("the database does not answer", "Try again in a moment.") from error
    try:
        yield connection
    finally:
        await pool.release(connection)


async def transaction(request: Request) -> AsyncIterator[Connection]:
    """One transaction for the request, committed before the answer is sent, rolled back on any error."""
    async with acquire(request.app.state.pool) as connection, connection.transaction():
        yield connection


Transaction = Annotated[Connection, Depends(transaction, scope="function")]


def settings_of(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


def clock_of(request: Request) -> Clock:
    return cast("Clock", request.app.state.clock)


SettingsOf = Annotated[Settings, Depends(settings_of)]
ClockOf = Annotated[Clock, Depends(clock_of)]


def now(clock: ClockOf) -> datetime:
    """Business time at the start of the request; the same for everything the request does."""
    return clock.now()


Now = Annotated[datetime, Depends(now)]


async def session_reader(connection: Connection, token: str) -> Reader | None:
    """Who holds the session of `token`; None when it has ended. Sessions live on real time."""
    return await reader_of_session(connection, token_digest(token), SystemClock().now())


async def signed_in(request: Request, connection: Transaction) -> Reader:
    token = request.cookies.get(COOKIE)
    if token is None:
        raise NotSignedInError("this needs a signed-in account", "Sign in and try again.")
    reader = await session_reader(connection, token)
    if reader is None:
        raise NotSignedInError("the session has ended", "Sign in again.")
    return reader


SignedIn = Annotated[Reader, Depends(signed_in)]


def requires(*roles: str) -> Callable[[Reader], Awaitable[Reader]]:
    """A dependency that gives the reader if they hold one of `roles`, and answers 403 otherwise.

    clerk: Annotated[Reader, Depends(requires("clerk"))]
    """

    async def with_role(reader: SignedIn) -> Reader:
        if not reader.is_any_of(*roles):
            raise ForbiddenError(f"{reader.login} is not a {' or '.join(roles)}", ROLE_NAMES_HELP)
        return reader

    return with_role


async def guard_against_forgery(request: Request) -> None:
    """Refuse a change that another site's page could have made a browser send (CSRF).

    Such a page cannot add a header of its own; our pages and clients always do.
    """
    if request.method not in {"GET", "HEAD", "OPTIONS"} and request.headers.get("X-Motorpool") != "1":
        raise ForbiddenError("the header X-Motorpool: 1 is missing", "Send it with every change.")
