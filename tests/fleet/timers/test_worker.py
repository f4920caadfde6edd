"""Timers on our clock, through the real job queue and with just the rights of the worker's role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from fleet.database import Connection, Pool, open_pool
from fleet.settings import Settings
from fleet.timers import clear_timer, set_timer
from fleet.timers.repository import Timer
from fleet.timers.retention import clean_up
from fleet.timers.worker import Worker, job_queue
from schemas.clock import FixedClock
from tests.fleet.office import MORNING

DUE = MORNING + timedelta(minutes=10)
PATIENCE_S = 30


@dataclass
class Bench:
    """A worker whose handler notes what it was asked for."""

    pool: Pool
    settings: Settings
    clock: FixedClock = field(default_factory=lambda: FixedClock(MORNING))
    handled: list[str] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def worker(self) -> Worker:
        return Worker(self.pool, self.clock, {"acceptance": self._note, "broken": self._break})

    async def _note(self, connection: Connection, timer: Timer, now: datetime) -> None:
        self.handled.append(timer.subject_id)
        self.woken.set()

    async def _break(self, connection: Connection, timer: Timer, now: datetime) -> None:
        await set_timer(connection, kind="trace", subject_id="left", due_at=now)
        raise RuntimeError("half done")

    async def set(self, kind: str, subject: int, due_at: datetime = DUE) -> None:
        async with self.pool.acquire() as connection:
            await set_timer(connection, kind=kind, subject_id=subject, due_at=due_at)

    async def timers(self) -> list[str]:
        async with self.pool.acquire() as connection:
            return [row["subject_id"] for row in await connection.fetch("SELECT subject_id FROM timer")]


@pytest.fixture
async def bench(role_url: Callable[[str], str]) -> AsyncIterator[Bench]:
    settings = Settings(database_url=SecretStr(role_url("motorpool_worker")), database_pool_size=3)
    pool = await open_pool(settings, "test")
    yield Bench(pool, settings)
    await pool.close()


async def test_a_timer_is_handled_when_our_clock_reaches_it(bench: Bench) -> None:
    await bench.set("acceptance", 7)
    running = asyncio.create_task(bench.worker.run(bench.settings))

    bench.clock.instant = DUE
    async with asyncio.timeout(PATIENCE_S):
        await bench.woken.wait()
        running.cancel()  # it ends what it has begun
        await asyncio.wait([running])

    assert (bench.handled, await bench.timers()) == (["7"], [])


async def test_before_its_time_nothing_is_handed_over(bench: Bench) -> None:
    await bench.set("acceptance", 7)
    queue = job_queue(bench.settings)
    bench.worker.register(queue)

    async with queue.open_async():
        early = await bench.worker.hand_over(queue)
        bench.clock.instant = DUE
        due = await bench.worker.hand_over(queue)
        again = await bench.worker.hand_over(queue)

    assert (early, due, again) == (0, 1, 0)


async def test_a_job_delivered_twice_is_handled_once(bench: Bench) -> None:
    await bench.set("acceptance", 7)

    await bench.worker.handle("acceptance", "7", DUE)
    await bench.worker.handle("acceptance", "7", DUE)

    assert bench.handled == ["7"]


async def test_a_timer_that_was_cleared_meanwhile_does_nothing(bench: Bench) -> None:
    await bench.set("acceptance", 7)
    async with bench.pool.acquire() as connection:
        await clear_timer(connection, kind="acceptance", subject_id=7)

    await bench.worker.handle("acceptance", "7", DUE)

    assert bench.handled == []


async def test_a_timer_that_was_moved_runs_at_its_new_time_only(bench: Bench) -> None:
    await bench.set("acceptance", 7)
    later = DUE + timedelta(minutes=5)
    await bench.set("acceptance", 7, later)

    await bench.worker.handle("acceptance", "7", DUE)
    assert bench.handled == []

    await bench.worker.handle("acceptance", "7", later)
    assert bench.handled == ["7"]


async def test_a_handler_that_fails_leaves_nothing_and_keeps_its_timer(bench: Bench) -> None:
    await bench.set("broken", 7)

    with pytest.raises(RuntimeError, match="half done"):
        await bench.worker.handle("broken", "7", DUE)

    assert await bench.timers() == ["7"]


async def test_old_notifications_go_and_retention_comes_again_tomorrow(bench: Bench) -> None:
    old, fresh = MORNING - timedelta(days=8), MORNING - timedelta(days=1)
    async with bench.pool.acquire() as connection:
        for at in (old, fresh):
            await connection.execute(
                "INSERT INTO notification (at, topic, subject_id) VALUES ($1, 'run', '1')", at
            )

        await clean_up(connection, Timer("retention", "daily", MORNING, {}), MORNING)

        assert [row["at"] for row in await connection.fetch("SELECT at FROM notification")] == [fresh]
        assert await connection.fetchval("SELECT due_at FROM timer") == MORNING + timedelta(days=1)
