"""The storage jobs run as timers of the worker, with just the rights of its role."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from pydantic import SecretStr

from fleet.history.jobs import JOBS, KIND, StorageJobs
from fleet.settings import Settings
from fleet.timers.kinds import handlers
from fleet.timers.repository import Timer, set_timer
from fleet.timers.worker import Worker
from tests.conftest import ROLE_PASSWORD
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track


async def run(
    archive: Archive, job: str, payload: dict[str, int] | None = None
) -> tuple[datetime, dict[str, int]]:
    """Handle one timer; when it is due again, and with what."""
    now = archive.clock.now()
    async with archive.worker.acquire() as connection, connection.transaction():
        await StorageJobs(archive.settings)(connection, Timer(KIND, job, now, dict(payload or {})), now)
    (timer,) = await archive.rows(
        "SELECT due_at, payload FROM timer WHERE kind = $1 AND subject_id = $2", KIND, job
    )
    return timer["due_at"], timer["payload"]


async def test_every_job_sets_its_next_run(archive: Archive) -> None:
    now = archive.clock.now()

    due = {job: (await run(archive, job))[0] for job in JOBS}

    assert due == {job: now + period for job, (_, period) in JOBS.items()}


async def test_one_run_packs_every_terminal(archive: Archive) -> None:
    await archive.arrive(track(100), terminal_id=1)
    await archive.arrive(track(100), terminal_id=2)
    await run(archive, "pack")

    assert (len(await archive.packs()), await archive.live()) == (2, 0)


async def test_packing_goes_on_behind_the_terminal_it_got_to(archive: Archive) -> None:
    await archive.arrive(track(100), terminal_id=1)
    await archive.arrive(track(100), terminal_id=2)

    await run(archive, "pack", {"after_terminal": 1})

    assert [pack["terminal_id"] for pack in await archive.packs()] == [2]


async def test_the_span_of_chunks_follows_the_rate_that_was_measured(archive: Archive) -> None:
    await archive.arrive(track(400))
    await archive.execute("ANALYZE position")
    archive.clock.instant -= timedelta(days=2)
    archive.settings = archive.settings.model_copy(update={"chunk_target_mb": 0.01})

    await run(archive, "interval")

    (span,) = await archive.rows(
        "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'position'"
    )
    assert span["time_interval"] < timedelta(days=1)


async def test_a_job_that_somebody_stands_in_the_way_of_comes_again(archive: Archive) -> None:
    await archive.execute("INSERT INTO change_cursor (name, xid, id) VALUES ('minutes', '0', 0)")
    now = archive.clock.now()

    async with archive.owner.acquire() as other, other.transaction():
        await other.execute("SELECT FROM change_cursor WHERE name = 'minutes' FOR UPDATE")
        due, _ = await run(archive, "minutes")

    assert due == now + timedelta(minutes=10)


async def test_a_job_that_fails_leaves_nothing_and_comes_again(archive: Archive) -> None:
    await archive.arrive(track(10))
    await archive.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM motorpool_worker")

    due, _ = await run(archive, "pack")

    assert due == archive.clock.now() + timedelta(minutes=10)
    assert (await archive.packs(), await archive.live()) == ([], 10)


async def test_the_worker_packs_what_is_cold_and_drops_the_chunk(archive: Archive, town_url: str) -> None:
    """As `motorpool work` does it: timers, job queue, the handlers of all domains, the worker's rights."""
    await archive.arrive(track(400))
    url = f"postgresql://motorpool_worker:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
    settings = Settings(database_url=SecretStr(url))
    worker = Worker(archive.worker, archive.clock, handlers())
    now = archive.clock.now()
    async with archive.worker.acquire() as connection:
        await set_timer(connection, kind=KIND, subject_id="pack", due_at=now)
    running = asyncio.create_task(worker.run(settings))

    await until(archive, "SELECT count(*) = 0 FROM position")
    async with archive.worker.acquire() as connection:
        await set_timer(connection, kind=KIND, subject_id="drop", due_at=now)
    await until(archive, "SELECT count(*) = 0 FROM show_chunks('position')")
    running.cancel()
    await asyncio.wait([running])

    assert (await archive.read()).tobytes() == track(400).tobytes()


async def until(archive: Archive, condition: str) -> None:
    async with asyncio.timeout(60):
        while (await archive.rows(f"SELECT ({condition}) AS met"))[0]["met"] is False:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
