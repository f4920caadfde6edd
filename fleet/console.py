"""What commands of the office share: one connection in one transaction, and errors people can read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NoReturn, TypeVar

import asyncpg
import typer
from rich.console import Console
from rich.markup import escape

from fleet.database import Connection, open_pool
from fleet.errors import FleetError
from fleet.settings import Settings

Result = TypeVar("Result")


def in_transaction(
    work: Callable[[Connection, datetime], Awaitable[Result]], settings: Settings | None = None
) -> Result:
    """Run `work(connection, now)` in one transaction; on an error say what to do and exit with 1."""
    try:
        return asyncio.run(_work(settings or Settings(), work))
    except FleetError as error:
        fail(error.detail, error.remedy)
    except (OSError, asyncpg.PostgresError) as error:
        fail(f"the database does not answer: {error}", "Check MOTORPOOL_DATABASE_URL, or run `motorpool up`.")


def fail(what: str, remedy: str) -> NoReturn:
    Console(stderr=True).print(f"[red]✗[/] {escape(what)}\n  {escape(remedy)}")
    raise typer.Exit(1)


async def _work(settings: Settings, work: Callable[[Connection, datetime], Awaitable[Result]]) -> Result:
    pool = await open_pool(settings, "command")
    try:
        async with pool.acquire() as connection, connection.transaction():
            return await work(connection, settings.the_clock.now())
    finally:
        await pool.close()
