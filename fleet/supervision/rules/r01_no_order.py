"""R01 无单用车: the car drove and no order covers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from fleet.supervision.context import Context, Order
from fleet.supervision.geometry import Spot, distance_m
from fleet.supervision.rules.base import (
    Evidence,
    EvidenceCollector,
    Finding,
    Parameters,
    Scope,
    Tried,
    Verdict,
)
from fleet.supervision.rules.explanations import (
    SHORTLY_BEFORE,
    order_shortly_before,
    out_of_pool,
    signal_gap,
    towed,
    within_depot,
)
from fleet.supervision.timeline import Trip


@dataclass(frozen=True, slots=True)
class NoOrderParameters(Parameters):
    displacement_m: float = 50.0
    """From the park anchor; two fixes must lie beyond it."""
    moving_kmh: float = 5.0
    moving_fixes: int = 2
    before_start_min: float = 15.0
    """An order that ended no longer than this before the trip covers it."""
    after_end_min: float = 30.0
    """An order that starts no later than this after the trip covers it."""


@dataclass(frozen=True, slots=True)
class NoOrder:
    code: ClassVar[str] = "R01"
    version: ClassVar[str] = "R01/1"
    name: ClassVar[str] = "无单用车"
    name_en: ClassVar[str] = "Use without an order"
    basis: ClassVar[str] = "50 m [V 印江]; margins and speeds [R]"
    scope: ClassVar[Scope] = "trip"
    parameters: NoOrderParameters = field(default_factory=NoOrderParameters)

    def evaluate(self, context: Context) -> Verdict:
        found = (self._of_trip(context, trip) for trip in context.timeline.trips)
        return Verdict(tuple(finding for finding in found if finding is not None))

    def _of_trip(self, context: Context, trip: Trip) -> Finding | None:
        if self.covering(context, trip):
            return None
        stay = context.timeline.stay_before(trip)
        anchor = trip.start_spot if stay is None else stay.spot
        hit = self._movement(context, trip, anchor)
        if hit is None:
            return None
        displacement, proof = hit
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
                "max_displacement_m": round(displacement),
                "total_distance_km": trip.distance_km,
                "total_moving_s": trip.moving_s,
                "max_speed_kmh": round(trip.max_speed_kmh, 1),
                "confidence": trip.confidence,
            },
            thresholds=self.parameters.snapshot(),
            evidence=self._evidence(context, trip, proof),
            explanations=self._explanations(context, trip),
            provisional=not trip.closed,
            weight=displacement,
        )

    def covering(self, context: Context, trip: Trip) -> list[Order]:
        before = timedelta(minutes=self.parameters.before_start_min)
        after = timedelta(minutes=self.parameters.after_end_min)
        return [order for order in context.orders if order.touches(trip.start - before, trip.end + after)]

    def _movement(self, context: Context, trip: Trip, anchor: Spot) -> tuple[float, int] | None:
        """Largest displacement, and the fix at which both conditions were met."""
        moving = beyond = 0
        displacement, proof = 0.0, None
        for index, fix in context.timeline.good(trip.first, trip.last):
            distance = distance_m(anchor, fix.spot)
            displacement = max(displacement, distance)
            moving += fix.speed_kmh >= self.parameters.moving_kmh
            beyond += distance > self.parameters.displacement_m
            if proof is None and min(moving, beyond) >= self.parameters.moving_fixes:
                proof = index
        return None if proof is None else (displacement, proof)

    def _evidence(self, context: Context, trip: Trip, proof: int) -> Evidence:
        collector = EvidenceCollector(context)
        collector.add(trip.first, proof)
        near = context.orders_near(trip.start, trip.end, SHORTLY_BEFORE)
        return collector.freeze(("nearest_order", order.number) for order in near)

    def _explanations(self, context: Context, trip: Trip) -> tuple[Tried, ...]:
        return (
            within_depot(context, trip),
            out_of_pool(context, trip),
            order_shortly_before(context, trip),
            signal_gap(trip),
            towed(context, trip),
        )
