"""The calendar over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from fleet.api.dependencies import Now, Reader, Transaction, requires
from fleet.calendar.model import CalendarDay, DayKind
from fleet.calendar.service import import_days, seed_calendar
from schemas.api.base import Answered, Received

router = APIRouter(tags=["registry"])

Administrator = Annotated[Reader, Depends(requires("administrator"))]


class DayRow(Received):
    day: date
    kind: DayKind
    name: Annotated[str, Field(max_length=40)] = ""
    provisional: bool = False


class CalendarImport(Received):
    """Days to store; without any, every officially announced year that is packaged."""

    days: Annotated[list[DayRow], Field(default_factory=list, max_length=4000)]


class CalendarImported(Answered):
    changed: int


@router.post("/admin/calendar")
async def import_calendar(
    connection: Transaction, reader: Administrator, now: Now, data: CalendarImport
) -> CalendarImported:
    days = [CalendarDay(row.day, row.kind, row.name, row.provisional) for row in data.days]
    changed = (
        await import_days(connection, days, actor=reader.actor, now=now)
        if days
        else await seed_calendar(connection, actor=reader.actor, now=now)
    )
    return CalendarImported(changed=changed)
