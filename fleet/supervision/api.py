"""Cases and trips over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from fleet.api.dependencies import Now, Reader, RowId, SettingsOf, Transaction, requires
from fleet.database import Connection
from fleet.errors import InvalidError, NotFoundError
from fleet.supervision import casework
from fleet.supervision.repository import inputs, views
from fleet.supervision.routes import planned_route
from fleet.supervision.views import case_summary, track_points, trip, violation
from schemas.api.base import Moment
from schemas.api.supervision import (
    CaseAction,
    CaseDetail,
    CaseEntry,
    CaseStatus,
    CaseSummary,
    Track,
    Trip,
)

router = APIRouter(tags=["supervision"])

Watcher = Annotated[
    Reader, Depends(requires("auditor", "clerk", "platform_approver", "leader", "administrator"))
]
Auditor = Annotated[Reader, Depends(requires("auditor"))]

LONGEST_QUERY = timedelta(days=31)


@router.get("/cases")
async def list_cases(
    connection: Transaction,
    reader: Watcher,
    status: Annotated[list[CaseStatus] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> list[CaseSummary]:
    """Cases of the reader's part of the organisation, open ones first, the most urgent on top."""
    rows = await views.cases(connection, reader.organisation_path, status or [], limit)
    return [case_summary(row) for row in rows]


@router.get("/cases/{case_id}")
async def read_case(connection: Transaction, reader: Watcher, case_id: RowId) -> CaseDetail:
    return await _detail(connection, reader, case_id)


@router.post("/cases/{case_id}/actions")
async def act_on_case(
    connection: Transaction, reader: Auditor, now: Now, case_id: RowId, action: CaseAction
) -> CaseDetail:
    """Ask for an explanation, clear with a cause, or confirm. 409 when the case moved on meanwhile."""
    await casework.act(connection, case_id, action, reader, now)
    return await _detail(connection, reader, case_id)


@router.get("/trips")
async def list_trips(
    connection: Transaction,
    reader: Watcher,
    now: Now,
    vehicle_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[Trip]:
    """Trips that touch the span, newest first; of the last 24 hours unless said, 31 days at most."""
    end = until or now
    begin = since or end - timedelta(days=1)
    if not begin <= end <= begin + LONGEST_QUERY:
        raise InvalidError(
            "from must lie before until, by no more than 31 days", "Ask for a shorter span, or several times."
        )
    rows = await views.trips(connection, reader.organisation_path, vehicle_id, begin, end, limit)
    return [trip(row) for row in rows]


@router.get("/trips/{trip_id}/track")
async def read_track(connection: Transaction, reader: Watcher, settings: SettingsOf, trip_id: RowId) -> Track:
    """The fixes of a trip with quality and limits, and the planned route of its run."""
    row = await views.trip(connection, reader.organisation_path, trip_id)
    if row is None:
        raise NotFoundError(f"there is no trip {trip_id} here")
    fixes = await inputs.fixes(connection, row["vehicle_id"], row["started_at"], row["ended_at"])
    stops = [] if row["run_id"] is None else await views.planned_stops(connection, row["run_id"])
    return Track(
        trip=trip(row),
        points=track_points(fixes, row),
        planned=await planned_route(settings.valhalla_url, stops),
    )


async def _detail(connection: Connection, reader: Reader, case_id: int) -> CaseDetail:
    row = await views.case(connection, reader.organisation_path, case_id)
    if row is None:
        raise NotFoundError(f"there is no case {case_id} here")
    run_number, request_number = await views.order_of_case(connection, case_id)
    return CaseDetail(
        **case_summary(row).model_dump(),
        vehicle_id=row["vehicle_id"],
        trip_id=await views.trip_of_case(connection, row["vehicle_id"], row["started_at"], row["ended_at"]),
        run_number=run_number,
        request_number=request_number,
        violations=[violation(found) for found in await views.findings(connection, case_id)],
        entries=[CaseEntry(**entry) for entry in await views.entries(connection, case_id)],
        actions=await casework.possible_actions(connection, case_id, row["status"], reader),
    )
