"""A run that no driver accepts, through the timer and with just the rights of the worker's role."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from fleet.database import open_pool
from fleet.settings import Settings
from fleet.timers.kinds import handlers
from fleet.timers.worker import Worker
from tests.conftest import ROLE_PASSWORD
from tests.fleet.office import MORNING
from tests.fleet.pool import MotorPool

DUE = MORNING + timedelta(minutes=10)


async def test_a_run_nobody_accepts_goes_back_to_the_clerk(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    run = (await pool.assign(asked, "示A·10115", "driver02")).json()

    await _handle(pool, run["id"])

    assert (await pool.request(asked))["status"] == "pending_dispatch"
    held = "SELECT count(*) FROM vehicle_reservation WHERE NOT released"
    assert await pool.office.fetchval(held) == 0


async def test_cancelling_a_dispatched_request_gives_its_car_back(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.assign(asked, "示A·10115", "driver02")

    hasty = await pool.clerk.post(f"/requests/{asked['id']}/cancel", json={})
    cancelled = await pool.clerk.post(f"/requests/{asked['id']}/cancel", json={"note": "会议取消"})

    assert hasty.status_code == 422
    assert cancelled.json()["status"] == "cancelled"
    held = "SELECT count(*) FROM driver_reservation WHERE NOT released"
    assert await pool.office.fetchval(held) == 0


async def _handle(pool: MotorPool, run_id: int) -> None:
    as_worker = f"postgresql://motorpool_worker:{ROLE_PASSWORD}@{pool.owner_url.rpartition('@')[2]}"
    pool.office.clock.instant = DUE
    connections = await open_pool(Settings(database_url=SecretStr(as_worker)), "test")
    await Worker(connections, pool.office.clock, handlers()).handle("acceptance", str(run_id), DUE)
    await connections.close()
