"""Commands: work."""

from __future__ import annotations

import asyncio
import signal

import structlog
import typer

from fleet.database import open_pool
from fleet.history import jobs
from fleet.settings import Settings
from fleet.timers import retention
from fleet.timers.kinds import handlers
from fleet.timers.repository import set_timer_unless_set
from fleet.timers.worker import Worker
from schemas.logging import configure_logging

app = typer.Typer()
log = structlog.get_logger()

STANDING = [(retention.KIND, "daily"), *((jobs.KIND, job) for job in jobs.JOBS)]
"""Timers that are always set: kind and subject."""


@app.command()
def work() -> None:
    """Run what is due: acceptance periods, retention and the other timers, until SIGTERM or Ctrl-C.

    Example: motorpool work
    """
    settings = Settings()
    configure_logging(settings, "work")
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    pool = await open_pool(settings, "work")
    worker = Worker(pool, settings.the_clock, handlers(settings))
    async with pool.acquire() as connection:
        for kind, subject in STANDING:
            await set_timer_unless_set(connection, kind=kind, subject_id=subject, due_at=worker.clock.now())
    running = asyncio.create_task(worker.run(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    log.info("working", kinds=sorted(worker.handlers))
    try:
        await running
    except asyncio.CancelledError:
        log.info("stopped")
    finally:
        await pool.close()
