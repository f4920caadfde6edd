"""asyncpg as the office uses it: one pool, JSON as Python values, a transaction for each request or job."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

import asyncpg
import orjson
import structlog

from fleet.settings import Settings

Connection: TypeAlias = Any
"""An asyncpg connection; asyncpg ships no types that fit a pool's proxy."""
Pool: TypeAlias = Any

log = structlog.get_logger()

AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # said where the connection breaks in the middle of a statement
)
"""What is raised while the database is not there, besides OSError where a connection is to be made."""
APPLICATION_LOCK_TIMEOUT_MS = 5_000


async def _prepare(connection: Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            format="text",
            encoder=lambda value: orjson.dumps(value).decode(),
            decoder=orjson.loads,
        )


async def open_pool(settings: Settings, process: str) -> Pool:
    """Connect, waiting up to a minute for a database that is still starting."""
    for attempt in range(60):
        try:
            return await asyncpg.create_pool(
                settings.database_url.get_secret_value(),
                min_size=1,
                max_size=settings.database_pool_size,
                init=_prepare,
                server_settings={
                    "application_name": f"motorpool-{process}",
                    "timezone": "UTC",
                    "lock_timeout": str(APPLICATION_LOCK_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": "60000",
                },
            )
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError) as error:
            if attempt == 59:
                raise
            log.warning("database not reachable yet", error=str(error), attempt=attempt + 1)
            await asyncio.sleep(1)
    raise AssertionError("unreachable")
