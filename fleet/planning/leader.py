"""One planner leads: the one whose own connection holds the advisory lock, with a token that only grows."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import structlog

from fleet.database import AWAY, Connection
from fleet.planning import repository
from fleet.planning.errors import StaleLeaderError
from fleet.settings import Settings

log = structlog.get_logger()

LEADER_LOCK = 0x4D50_0010
"""Advisory lock of the leading planner; the database frees it the moment its connection ends."""
TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
RETRY_S = 1.0

# Whether any planner leads now: its connection holds the lock. The key is below 2^32, so it stands in objid.
SOMEBODY_LEADS = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid::bigint = $1 AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write proposals, as long as the connection lives and nobody took a newer token."""

    token: int
    connection: Connection

    async def check(self) -> None:
        """Raise StaleLeaderError when the lock's connection is gone."""
        try:
            async with asyncio.timeout(5):
                await self.connection.fetchval("SELECT 1")
        except (OSError, *AWAY, asyncpg.PostgresError) as error:
            raise StaleLeaderError(
                f"the connection that holds the planner's lock is gone: {error}"
            ) from error


async def somebody_leads(connection: Connection) -> bool:
    return bool(await connection.fetchval(SOMEBODY_LEADS, LEADER_LOCK))


@asynccontextmanager
async def leading(settings: Settings, address: str, *, wait: bool = True) -> AsyncIterator[Lease | None]:
    """Wait until this process leads, and lead inside the block. Without `wait`: None when another leads."""
    connection = await asyncpg.connect(
        settings.database_url.get_secret_value(),
        timeout=10,
        server_settings={"application_name": "motorpool-planner-leader", "timezone": "UTC"},
    )
    try:
        while not await connection.fetchval(TRY_LOCK, LEADER_LOCK):
            if not wait:
                yield None
                return
            await asyncio.sleep(RETRY_S)
        holder = f"{socket.gethostname()}/{os.getpid()}"
        token = await repository.take_lease(connection, holder, address)
        log.info("leads", token=token, address=address)
        yield Lease(token, connection)
    finally:
        connection.terminate()  # frees the lock at once, even if the server hangs
