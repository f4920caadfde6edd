"""Runs over HTTP: for clerks confirm, assign, cancel; for drivers their runs and steps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends

from fleet.api.dependencies import Now, Reader, RowId, SettingsOf, Transaction, requires
from fleet.dispatching import ahead, dispatching, driving, ending, views
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from schemas.api.proposals import Assignment
from schemas.api.runs import Cancellation, Run, Step
from schemas.clock import SHANGHAI

router = APIRouter(tags=["runs"])

Clerk = Annotated[Reader, Depends(requires("clerk"))]
Driver = Annotated[Reader, Depends(requires("driver"))]
Onlooker = Annotated[Reader, Depends(requires("clerk", "auditor", "leader", "administrator", "finance"))]
Concerned = Annotated[
    Reader, Depends(requires("clerk", "auditor", "leader", "administrator", "finance", "driver"))
]


async def road_network(settings: SettingsOf) -> AsyncIterator[Router]:
    network = Router(settings.valhalla_url, PlanningSettings().router_timeout_s)
    try:
        yield network
    finally:
        await network.close()


@router.post("/proposals/{proposal_id}/confirm")
async def confirm(connection: Transaction, reader: Clerk, now: Now, proposal_id: RowId) -> Run:
    """Put a proposal in force. 409 when it no longer stands or car or driver were taken meanwhile."""
    run = await dispatching.confirm(connection, reader, proposal_id, now)
    return await views.one_run(connection, reader, run.id)


@router.post("/requests/{request_id}/assign")
async def assign(
    connection: Transaction,
    reader: Clerk,
    now: Now,
    request_id: RowId,
    choice: Assignment,
    network: Annotated[Router, Depends(road_network, scope="function")],
) -> Run:
    """Dispatch by hand, planner or not: the same rules are checked, and the reason is recorded."""
    run = await dispatching.assign(
        connection, reader, request_id, choice, router=network, settings=PlanningSettings(), now=now
    )
    return await views.one_run(connection, reader, run.id)


@router.post("/requests/{request_id}/release", status_code=204)
async def release(
    connection: Transaction, reader: Clerk, now: Now, request_id: RowId, cancellation: Cancellation
) -> None:
    """Take one request off its run before its people got in: it waits for a car again, others ride on."""
    await ending.release(connection, reader, request_id, cancellation.reason, now)


@router.get("/runs")
async def list_runs(
    connection: Transaction,
    reader: Onlooker,
    now: Now,
    on: date | None = None,
    vehicle_id: int | None = None,
) -> list[Run]:
    """Runs that touch a day (Asia/Shanghai), today unless said."""
    return await views.runs_on(connection, reader, on or now.astimezone(SHANGHAI).date(), vehicle_id)


@router.get("/runs/{run_id}")
async def one_run(connection: Transaction, reader: Concerned, run_id: RowId) -> Run:
    return await views.one_run(connection, reader, run_id)


@router.get("/runs/{run_id}/route")
async def route_ahead(
    connection: Transaction,
    reader: Concerned,
    run_id: RowId,
    network: Annotated[Router, Depends(road_network, scope="function")],
) -> list[tuple[float, float]]:
    """The way along the roads from the car through the stops still ahead, as (lon, lat).

    Empty when nothing lies ahead, or while the road network does not answer.
    """
    return await ahead.route_ahead(connection, await views.one_run(connection, reader, run_id), network)


@router.post("/runs/{run_id}/cancel")
async def cancel(
    connection: Transaction, reader: Clerk, now: Now, run_id: RowId, cancellation: Cancellation
) -> Run:
    """Take a run back before anybody got in; its requests wait for another one."""
    await ending.cancel(connection, reader, run_id, cancellation.reason, now)
    return await views.one_run(connection, reader, run_id)


@router.get("/my/runs")
async def my_runs(connection: Transaction, reader: Driver, now: Now) -> list[Run]:
    """The signed-in driver's runs of today that are not cancelled."""
    return await views.my_runs(connection, reader, now)


@router.post("/runs/{run_id}/steps")
async def take_step(connection: Transaction, reader: Driver, now: Now, run_id: RowId, step: Step) -> Run:
    """A tap of the driver; sent again with the same key it counts once."""
    await driving.tap(connection, reader, run_id, step, now)
    return await views.one_run(connection, reader, run_id)
