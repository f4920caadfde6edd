"""Contexts for rules: a drive, its orders, a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from fleet.supervision.context import Booking, Calendar, Context, Order, RoadLimits, Subject
from fleet.supervision.evaluation import evaluate
from fleet.supervision.geometry import Spot
from fleet.supervision.rules.base import Finding
from fleet.supervision.rules.catalogue import BY_CODE
from fleet.supervision.trips import detect
from tests.fleet.supervision.drives import BAY, Drive

MARCH = Calendar(
    {
        date(2026, 3, day): ("weekend" if date(2026, 3, day).weekday() > 4 else "workday", "")
        for day in range(1, 32)
    }
    | {date(2026, 4, 6): ("holiday", "清明节"), date(2026, 4, 7): ("workday", "")}
)


def order(start: datetime, end: datetime | None, *, holiday: bool = False, run_id: int = 1) -> Order:
    return Order(run_id, f"PC-0311-{run_id:04}", start, end, driver_id=7, request_id=9, holiday=holiday)


def context_of(
    drive: Drive,
    *,
    orders: Sequence[Order] = (),
    bookings: Sequence[Booking] = (),
    as_of: datetime | None = None,
    limit_kmh: float | None = None,
    depots: Sequence[Spot] = (),
    exempt: bool = False,
) -> Context:
    """`limit_kmh`: of every road driven; None: no road was matched."""
    moment = as_of or drive.time
    timeline = detect(drive.fixes, moment)
    limits = {
        trip.start: RoadLimits(
            (limit_kmh,) * trip.fix_count, ("中山路" if limit_kmh else None,) * trip.fix_count, "test roads"
        )
        for trip in timeline.trips
    }
    return Context(
        subject=Subject(1, "示A·10088", 1, exempt, BAY, tuple(depots)),
        timeline=timeline,
        as_of=moment,
        calendar=MARCH,
        orders=tuple(orders),
        bookings=tuple(bookings),
        limits=limits,
    )


def found(code: str, context: Context) -> tuple[Finding, ...]:
    return evaluate(context, [BY_CODE[code]]).findings


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
