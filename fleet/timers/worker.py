"""The `motorpool work` process: a ticker on our clock hands due timers to jobs, jobs run their handlers.

A timer is handed over at least once and handled exactly once: handling removes its row in the transaction of
whatever the handler changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import asyncpg
import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from fleet.database import Connection, Pool
from fleet.errors import FleetError
from fleet.settings import Settings
from fleet.timers.repository import Timer, due_timers, mark_handed, take_timer
from schemas.clock import Clock

log = structlog.get_logger()

Handler = Callable[[Connection, Timer, datetime], Awaitable[None]]
"""Does what a due timer asks for, in the transaction that removes it. `now` is business time."""

QUEUE = "timers"
TASK = "handle_timer"
TICK_S = 0.5
RESCUE_S = 15.0
"""Real time: how often jobs of workers that died are taken over."""
LONGEST_BACKOFF_S = 10.0
DATABASE_TROUBLE = (
    OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, psycopg.Error, ConnectorException,
)  # fmt: skip


class UnknownTimerError(FleetError):
    """A timer whose kind nobody handles."""


def job_queue(settings: Settings) -> procrastinate.App:
    """The queue of the configured database, not yet open."""
    connector = procrastinate.PsycopgConnector(
        conninfo=settings.database_url.get_secret_value(), min_size=1, max_size=4
    )
    return procrastinate.App(connector=connector)


@dataclass(frozen=True, slots=True)
class Worker:
    pool: Pool
    clock: Clock
    handlers: Mapping[str, Handler]

    async def run(self, settings: Settings) -> NoReturn:
        """Until cancelled. A database that is away only makes it wait."""
        backoff = 0.5
        while True:
            try:
                await self._run_once(job_queue(settings))
            except* DATABASE_TROUBLE as group:
                log.warning("timers stand still", error=repr(group.exceptions[0]), again_in_s=backoff)
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF_S)

    async def _run_once(self, queue: procrastinate.App) -> None:
        self.register(queue)
        async with queue.open_async(), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick(queue))
            tasks.create_task(_rescue(queue))
            tasks.create_task(
                queue.run_worker_async(
                    queues=[QUEUE],
                    concurrency=4,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=5,
                    delete_jobs="successful",
                )
            )

    def register(self, queue: procrastinate.App) -> None:
        retry = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=2)

        @queue.task(name=TASK, queue=QUEUE, retry=retry)
        async def handle(kind: str, subject_id: str, due_at: str) -> None:
            await self.handle(kind, subject_id, datetime.fromisoformat(due_at))

    async def hand_over(self, queue: procrastinate.App) -> int:
        """Give every timer that is due now to the queue; returns how many."""
        now = self.clock.now()
        async with self.pool.acquire() as connection:
            timers = await due_timers(connection, now)
            for timer in timers:
                await _defer(queue, timer)
                await mark_handed(connection, timer, now)
        return len(timers)

    async def handle(self, kind: str, subject_id: str, due_at: datetime) -> None:
        """Run the handler, unless the timer was cleared, moved or handled meanwhile."""
        async with self.pool.acquire() as connection, connection.transaction():
            timer = await take_timer(connection, kind, subject_id, due_at)
            if timer is None:
                return
            handler = self.handlers.get(kind)
            if handler is None:
                raise UnknownTimerError(f"nobody handles timers of kind {kind}", "Update the worker.")
            await handler(connection, timer, self.clock.now())
        log.info("timer handled", kind=kind, subject=subject_id)

    async def _tick(self, queue: procrastinate.App) -> NoReturn:
        while True:
            await self.hand_over(queue)
            await asyncio.sleep(TICK_S)


async def _defer(queue: procrastinate.App, timer: Timer) -> None:
    due_at = timer.due_at.isoformat()
    job = queue.configure_task(TASK, queueing_lock=f"{timer.kind}/{timer.subject_id}/{due_at}")
    try:
        await job.defer_async(kind=timer.kind, subject_id=timer.subject_id, due_at=due_at)
    except AlreadyEnqueued:
        log.info("timer is already handed over", kind=timer.kind, subject=timer.subject_id)


async def _rescue(queue: procrastinate.App) -> NoReturn:
    """A worker that was killed leaves its jobs half done: they begin anew."""
    while True:
        for job in await queue.job_manager.get_stalled_jobs(queue=QUEUE):
            await queue.job_manager.retry_job(job)
            log.warning("job rescued", job=job.id, task=job.task_name)
        await asyncio.sleep(RESCUE_S)
