"""Who hears of a change of a run: the clerks of its pool, its driver, and supervision."""

from __future__ import annotations

from datetime import datetime

from fleet.database import Connection
from fleet.dispatching import repository
from fleet.dispatching.model import RunRow
from fleet.errors import NotFoundError
from fleet.notifications import notify
from fleet.supervision.repository import touch


async def read(connection: Connection, run_id: int, *, lock: bool = False) -> RunRow:
    run = await repository.read_run(connection, run_id, lock=lock)
    if run is None:
        raise NotFoundError(f"there is no run {run_id}")
    return run


async def tell_people(connection: Connection, run: RunRow, now: datetime) -> None:
    await notify(connection, at=now, topic="run", subject_id=run.id, organisation_id=run.organisation_id)
    await notify(connection, at=now, topic="run", subject_id=run.id, account_id=run.driver_account_id)


async def touch_supervision(connection: Connection, run: RunRow, now: datetime) -> None:
    """Whether a drive had an order depends on the runs: look again at everything from the run's start on."""
    await touch(connection, run.vehicle_id, min(now, run.planned_start, *run.actual_times()))
