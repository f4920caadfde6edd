"""Requests that nobody decided in time, through the timer and with just the rights of the worker's role."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from fleet.database import open_pool
from fleet.settings import Settings
from fleet.timers.kinds import handlers
from fleet.timers.worker import Worker
from tests.conftest import ROLE_PASSWORD
from tests.fleet.pool import MotorPool


async def test_a_request_without_a_car_is_over_when_its_passengers_had_to_be_there(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)

    await _time_passes(pool, asked)

    assert (await pool.request(asked))["status"] == "expired"
    entries = "SELECT count(*) FROM audit_entry WHERE action = 'request.expire' AND subject_id = $1"
    assert await pool.office.fetchval(entries, str(asked["id"])) == 1


async def test_a_request_that_has_its_car_does_not_expire(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    await pool.assign(asked, "示A·10115", "driver02")

    await _time_passes(pool, asked)

    assert (await pool.request(asked))["status"] == "dispatched"


async def test_a_request_whose_run_was_cancelled_waits_for_its_time_again(pool: MotorPool) -> None:
    asked = await pool.ask("市政务中心", "开发区管委会", ready=60, by=120)
    run = (await pool.assign(asked, "示A·10115", "driver02")).json()
    await pool.clerk.post(f"/runs/{run['id']}/cancel", json={"reason": "车辆故障"})

    due = "SELECT due_at FROM timer WHERE kind = 'request_expiry' AND subject_id = $1"

    assert await pool.office.fetchval(due, str(asked["id"])) == _arrive_by(asked)


async def _time_passes(pool: MotorPool, asked: dict[str, Any]) -> None:
    due = _arrive_by(asked)
    as_worker = f"postgresql://motorpool_worker:{ROLE_PASSWORD}@{pool.owner_url.rpartition('@')[2]}"
    pool.office.clock.instant = due + timedelta(seconds=1)
    connections = await open_pool(Settings(database_url=SecretStr(as_worker)), "test")
    await Worker(connections, pool.office.clock, handlers()).handle("request_expiry", str(asked["id"]), due)
    await connections.close()


def _arrive_by(asked: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(asked["arrive_by"])
