"""R03 节假日用车: driven on a rest day or holiday without an order approved for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from fleet.supervision.context import Context, Order
from fleet.supervision.geometry import distance_m
from fleet.supervision.rules.base import (
    Evidence,
    EvidenceCollector,
    Finding,
    Parameters,
    Scope,
    Tried,
    Verdict,
)
from fleet.supervision.rules.explanations import out_of_pool, signal_gap, towed, within_depot
from fleet.supervision.timeline import Trip
from schemas.clock import SHANGHAI


@dataclass(frozen=True, slots=True)
class HolidayUseParameters(Parameters):
    distance_m: float = 500.0
    """Driven on the rest day itself."""
    before_start_min: float = 15.0
    after_end_min: float = 30.0


@dataclass(frozen=True, slots=True)
class HolidayUse:
    code: ClassVar[str] = "R03"
    version: ClassVar[str] = "R03/1"
    name: ClassVar[str] = "节假日用车"
    name_en: ClassVar[str] = "Use on a rest day or holiday"
    basis: ClassVar[str] = "[V 皖通, 畅翔]; 500 m [R]"
    scope: ClassVar[Scope] = "trip"
    parameters: HolidayUseParameters = field(default_factory=HolidayUseParameters)

    def evaluate(self, context: Context) -> Verdict:
        found = (self._of_trip(context, trip) for trip in context.timeline.trips)
        return Verdict(tuple(finding for finding in found if finding is not None))

    def _of_trip(self, context: Context, trip: Trip) -> Finding | None:
        metres, proof = self._on_rest_days(context, trip)
        total = sum(metres.values())
        if total < self.parameters.distance_m:
            return None
        orders = self._orders(context, trip)
        if any(order.holiday for order in orders):
            return None
        day = min(metres)
        order = context.order_of(trip.start, trip.end)
        return Finding(
            rule=self.code,
            rule_version=self.version,
            severity="red",
            start=trip.start,
            end=trip.end,
            spot=trip.start_spot,
            scope=self.scope,
            subject_start=trip.start,
            measures={
                "day": day.isoformat(),
                "day_kind": context.calendar.kind(day),
                "day_name": context.calendar.name(day),
                "total_distance_m": round(total),
            },
            thresholds=self.parameters.snapshot(),
            evidence=self._evidence(context, trip, proof, orders),
            explanations=self._explanations(context, trip, orders),
            provisional=not trip.closed,
            weight=total,
            run_id=None if order is None else order.run_id,
            request_id=None if order is None else order.request_id,
            driver_id=None if order is None else order.driver_id,
        )

    def _on_rest_days(self, context: Context, trip: Trip) -> tuple[dict[date, float], int]:
        """Metres driven on each rest day, and the fix at which there were enough of them."""
        metres: dict[date, float] = defaultdict(float)
        before, proof = trip.start_spot, trip.last
        found = False
        for index, fix in context.timeline.good(trip.first, trip.last):
            day = fix.time.astimezone(SHANGHAI).date()
            step = distance_m(before, fix.spot)
            before = fix.spot
            if not context.calendar.is_rest(day):
                continue
            metres[day] += step
            if not found and sum(metres.values()) >= self.parameters.distance_m:
                proof, found = index, True
        return metres, proof

    def _orders(self, context: Context, trip: Trip) -> list[Order]:
        before = timedelta(minutes=self.parameters.before_start_min)
        after = timedelta(minutes=self.parameters.after_end_min)
        return [order for order in context.orders if order.touches(trip.start - before, trip.end + after)]

    def _evidence(self, context: Context, trip: Trip, proof: int, orders: list[Order]) -> Evidence:
        collector = EvidenceCollector(context)
        collector.add(trip.first, proof)
        return collector.freeze(("order_not_approved_for_it", order.number) for order in orders)

    def _explanations(self, context: Context, trip: Trip, orders: list[Order]) -> tuple[Tried, ...]:
        numbers = ", ".join(order.number for order in orders)
        return (
            within_depot(context, trip),
            out_of_pool(context, trip),
            Tried("order_for_a_workday", bool(orders), values=(("orders", numbers or None),)),
            signal_gap(trip),
            towed(context, trip),
        )
