"""Who drives when: day, early and late shifts on working days, a small stand-by crew on rest days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar

from schemas.api.registry import DriverRow, ShiftRow, VehicleRow
from schemas.clock import SHANGHAI

DAY = (time(7, 30), time(17, 30))
EARLY = (time(6, 30), time(14, 30))
LATE = (time(13, 0), time(22, 0))
STAND_BY = (time(8, 0), time(18, 0))
EARLY_DRIVERS = 6
LATE_DRIVERS = 8
STAND_BY_DRIVERS = 5
COACH_DRIVERS = 4
BUS_DRIVERS = 12


def driver_rows(logins: Sequence[str], vehicles: Sequence[VehicleRow]) -> list[DriverRow]:
    """A driver belongs to the depot of the car usually driven; licences A1 (coach), B1 (bus), C1 (car)."""
    cars = _usual_cars(logins, vehicles)
    return [
        DriverRow(login=login, depot=cars[login].depot, licence_class=_licence(cars[login], place))
        for place, login in enumerate(logins)
    ]


def shift_rows(
    logins: Sequence[str], vehicles: Sequence[VehicleRow], first_day: date, days: int
) -> list[ShiftRow]:
    """Shifts of `days` days from `first_day` on; times are UTC."""
    cars = _usual_cars(logins, vehicles)
    return [
        ShiftRow(
            driver=login,
            plate=cars[login].plate,
            starts_at=_moment(day, hours[0]),
            ends_at=_moment(day, hours[1]),
        )
        for offset in range(days)
        for day in [first_day + timedelta(days=offset)]
        for login, hours in _crew(logins, day)
    ]


def _usual_cars(logins: Sequence[str], vehicles: Sequence[VehicleRow]) -> dict[str, VehicleRow]:
    """Everybody's usual car; those who come after the last car share the first ones, on another shift."""
    usable = [vehicle for vehicle in vehicles if vehicle.status == "in_service"]
    return {login: usable[place % len(usable)] for place, login in enumerate(logins)}


def _licence(car: VehicleRow, place: int) -> str:
    if car.body == "coach" or place < COACH_DRIVERS:
        return "A1"
    if car.body == "minibus" or place < BUS_DRIVERS:
        return "B1"
    return "C1"


def _crew(logins: Sequence[str], day: date) -> Iterator[tuple[str, tuple[time, time]]]:
    if not chinese_calendar.is_workday(day):
        # The stand-by crew rotates, so that nobody works every weekend.
        turn = day.toordinal() % len(logins)
        for step in range(STAND_BY_DRIVERS):
            yield logins[(turn * STAND_BY_DRIVERS + step) % len(logins)], STAND_BY
        return
    late = len(logins) - LATE_DRIVERS
    for place, login in enumerate(logins):
        if place >= late:
            yield login, LATE
        elif place >= late - EARLY_DRIVERS:
            yield login, EARLY
        else:
            yield login, DAY


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)
