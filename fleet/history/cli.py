"""Commands: storage status, pack, retain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from fleet.database import Connection
    from fleet.history.report import Report

app = typer.Typer()
storage = typer.Typer(
    help="Where the fixes lie: live rows, packs, what evidence holds.", no_args_is_help=True
)
app.add_typer(storage, name="storage")

Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
HOLDS_SHOWN = 50


@app.callback()
def history() -> None:
    """Needed so that typer makes a group."""


@storage.command()
def status(as_json: Json = False) -> None:
    """Show sizes, bytes per fix, and which tracks are held for whose sake.

    Example: motorpool storage status --json
    """
    from fleet.console import in_transaction
    from fleet.history.report import read_report
    from fleet.history.settings import HistorySettings

    settings = HistorySettings()

    async def read(connection: Connection, now: datetime) -> Report:
        return await read_report(connection, now, settings, HOLDS_SHOWN)

    report = in_transaction(read)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
        return
    from rich.console import Console

    for table in report.tables():
        Console().print(table)


@storage.command()
def pack(
    as_json: Json = False,
    seconds: Annotated[float, typer.Option(min=1, help="Stop after about this long (real time).")] = 3600,
) -> None:
    """Pack every cold day now and drop the chunks this empties; needs the rights of motorpool_worker.

    Example: motorpool storage pack --seconds 600
    """
    import time

    from fleet.console import in_transaction
    from fleet.history import service
    from fleet.history.settings import HistorySettings

    settings = HistorySettings()
    until = time.monotonic() + seconds
    done = service.Packed(0, 0, 0, 0)

    def slice_from(reached: int) -> Callable[[Connection, datetime], Awaitable[service.Packed]]:
        async def work(connection: Connection, now: datetime) -> service.Packed:
            return await service.pack_slice(connection, service.cold_before(now, settings), reached, 10.0)

        return work

    while done.reached is not None and time.monotonic() < until:
        part = in_transaction(slice_from(done.reached))
        done = service.Packed(
            done.fixes + part.fixes, done.packs + part.packs, done.bytes + part.bytes, part.reached
        )

    async def drop(connection: Connection, now: datetime) -> list[str]:
        return await service.drop_chunks(connection, now, settings)

    chunks = in_transaction(drop)
    figures = {
        "fixes": done.fixes,
        "packs": done.packs,
        "blob_bytes": done.bytes,
        "chunks_dropped": len(chunks),
        "complete": done.reached is None,
    }
    _tell(figures, as_json)


@storage.command()
def retain(as_json: Json = False) -> None:
    """Let go what is beyond its horizon and not held by evidence; needs the rights of motorpool_worker.

    Example: MOTORPOOL_TRACK_RETENTION_DAYS=400 motorpool storage retain
    """
    from fleet.console import in_transaction
    from fleet.history import repository, service
    from fleet.history.settings import HistorySettings

    settings = HistorySettings()

    async def piece(connection: Connection, now: datetime) -> int:
        return await service.expire(connection, now, settings)

    async def minutes(connection: Connection, now: datetime) -> list[str]:
        return await repository.drop_old_minutes(connection, now - settings.minute_retention)

    expired = 0
    while gone := in_transaction(piece):
        expired += gone
    _tell({"packs_expired": expired, "minute_chunks_dropped": len(in_transaction(minutes))}, as_json)


def _tell(figures: dict[str, int | bool], as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        shown = ("yes" if value else "no") if isinstance(value, bool) else f"{value:,}"
        typer.echo(f"{name.replace('_', ' ')}: {shown}")
