"""What a rule may look at: one vehicle's timeline, its orders, the calendar, the roads, and the moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from fleet.calendar.model import CalendarGapError
from fleet.supervision.geometry import Spot
from fleet.supervision.timeline import Timeline
from fleet.supervision.tracks import Fix
from schemas.clock import SHANGHAI


@dataclass(frozen=True, slots=True)
class Subject:
    """The vehicle under supervision."""

    id: int
    plate: str
    organisation_id: int
    exempt: bool
    bay: Spot
    depots: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A run with what it was approved for. It covers the car from `start` to `end`, planned or real.

    `end` is None while it is under way: nobody has said that it is over.
    """

    run_id: int
    number: str
    start: datetime
    end: datetime | None
    driver_id: int | None = None
    request_id: int | None = None
    holiday: bool = False
    """Approved for a rest day or holiday."""
    supplement: bool = False
    """Entered afterwards (补单)."""

    def touches(self, start: datetime, end: datetime) -> bool:
        return self.start <= end and (self.end is None or self.end >= start)

    def shared_s(self, start: datetime, end: datetime) -> float:
        """Seconds in which the order covers the span."""
        last = end if self.end is None else min(end, self.end)
        return max(0.0, (last - max(start, self.start)).total_seconds())


@dataclass(frozen=True, slots=True)
class Booking:
    """The car is out of the pool: repair, seal or loan."""

    kind: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """Kind and name of each day that was read."""

    days: Mapping[date, tuple[str, str]]

    def kind(self, day: date) -> str:
        """workday, makeup, weekend or holiday; CalendarGapError where nobody has said."""
        if day not in self.days:
            raise CalendarGapError(day)
        return self.days[day][0]

    def name(self, day: date) -> str:
        return self.days[day][1]

    def is_rest(self, day: date) -> bool:
        return self.kind(day) in {"weekend", "holiday"}

    def after_working_days(self, moment: datetime, count: int) -> datetime:
        """The same hour `count` working days later."""
        local = moment.astimezone(SHANGHAI)
        while count:
            local += timedelta(days=1)
            count -= not self.is_rest(local.date())
        return local.astimezone(moment.tzinfo)


@dataclass(frozen=True, slots=True)
class RoadLimits:
    """Per fix of a trip: the limit of its road in km/h and its name, None where there is no match."""

    limits_kmh: tuple[float | None, ...]
    roads: tuple[str | None, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a rule's result is a function of."""

    subject: Subject
    timeline: Timeline
    as_of: datetime
    calendar: Calendar
    orders: tuple[Order, ...] = ()
    bookings: tuple[Booking, ...] = ()
    limits: Mapping[datetime, RoadLimits] = field(default_factory=dict)
    """By start of the trip."""
    prelude: tuple[Fix, ...] = ()
    """The few fixes before the timeline, for evidence only."""

    def orders_near(self, start: datetime, end: datetime, margin: timedelta) -> list[Order]:
        near = [order for order in self.orders if order.touches(start - margin, end + margin)]
        return sorted(near, key=lambda order: (order.start, order.run_id))

    def order_of(self, start: datetime, end: datetime) -> Order | None:
        """The order that covers most of the span."""
        covering = [order for order in self.orders if order.shared_s(start, end) > 0]
        return max(covering, key=lambda order: (order.shared_s(start, end), -order.run_id), default=None)

    def booking_at(self, moment: datetime) -> Booking | None:
        return next((b for b in self.bookings if b.start <= moment < b.end), None)
