"""Several planners, crashes in between: one leads, nothing is lost, a former leader writes nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from fleet.planning.errors import StaleLeaderError
from fleet.planning.leader import leading
from fleet.planning.process import planner_server
from tests.fleet.pool import MotorPool

END_LEADERS_CONNECTION = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'motorpool-planner-leader' AND datname = current_database()
"""


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, half a minute at most."""
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in a database
            await asyncio.sleep(0.05)


@asynccontextmanager
async def process(pool: MotorPool) -> AsyncIterator[None]:
    """The planner process with its HTTP server, on this event loop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = planner_server(pool.planner_settings, pool.planning, listener, pool.office.clock)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await running


async def test_of_two_planners_one_leads_and_the_other_takes_over(pool: MotorPool) -> None:
    async with (
        leading(pool.planner_settings, "127.0.0.1:1") as first,
        leading(pool.planner_settings, "127.0.0.1:2", wait=False) as standby,
    ):
        assert standby is None
    async with leading(pool.planner_settings, "127.0.0.1:2", wait=False) as second:
        assert first is not None
        assert second is not None
        assert second.token > first.token


async def test_a_former_leader_writes_nothing(pool: MotorPool) -> None:
    """DESIGN 4.7: proposals come from one planner; whoever lost the lease is refused by its token."""
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    owner = await asyncpg.connect(pool.owner_url)
    async with pool.planner() as former:
        await owner.execute(END_LEADERS_CONNECTION)
        async with pool.planner() as leader:
            with pytest.raises(StaleLeaderError):
                await former.answer(asked["id"])
            await leader.answer(asked["id"])
    await owner.close()
    assert (await pool.proposals(asked))["state"] == "ready"


async def test_a_planner_that_dies_while_writing_loses_no_request(
    pool: MotorPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)

    async def dies(*_: object, **__: object) -> list[int]:
        raise ConnectionResetError("killed in the middle of writing")

    with monkeypatch.context() as patched, pytest.raises(ConnectionResetError):
        patched.setattr("fleet.planning.planner.publish", dies)
        await pool.plan()
    assert (await pool.proposals(asked))["state"] == "planner_down"
    await pool.plan()
    assert (await pool.proposals(asked))["state"] == "ready"


async def test_the_process_answers_what_is_new_and_recovers_a_lost_leadership(
    pool: MotorPool,
) -> None:
    first = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    async with process(pool):
        await until(lambda: _is(pool, first, "ready"))
        owner = await asyncpg.connect(pool.owner_url)
        await owner.execute(END_LEADERS_CONNECTION)
        await owner.close()
        second = await pool.ask("市政务中心", "高铁南站", ready=60, by=120)
        await until(lambda: _is(pool, second, "ready"))


async def test_a_clerk_who_asks_gets_the_answer_of_the_leading_planner(pool: MotorPool) -> None:
    async with process(pool):
        first = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
        await until(lambda: _is(pool, first, "ready"))
        far = await pool.ask("市政务中心", "高铁南站", ready=8 * 60, by=9 * 60)
        computed = await pool.ok(pool.clerk.post(f"/requests/{far['id']}/proposals"))
    assert computed["state"] == "ready"
    assert computed["changes_since"] == 0


async def test_without_a_planner_the_set_says_so(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    assert (await pool.proposals(asked))["state"] == "planner_down"
    computed = await pool.ok(pool.clerk.post(f"/requests/{asked['id']}/proposals"))
    assert computed["state"] == "planner_down"


async def _is(pool: MotorPool, request: dict[str, Any], state: str) -> bool:
    return bool((await pool.proposals(request))["state"] == state)
