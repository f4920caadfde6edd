"""R10 未归位停放: parked away from its bay after the trip, or overnight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import ClassVar

from fleet.supervision.context import Context
from fleet.supervision.geometry import distance_m
from fleet.supervision.rules.base import (
    EvidenceCollector,
    Finding,
    Parameters,
    Scope,
    Tried,
    Verdict,
)
from fleet.supervision.rules.explanations import DEPOT_M
from fleet.supervision.timeline import Stay
from schemas.clock import SHANGHAI

EVIDENCE_FIXES = 5
BEFORE_ORDER = timedelta(minutes=15)
"""Waiting for an order that starts so soon is part of it."""
SILENT = timedelta(minutes=30)
NIGHT = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class NotParkedParameters(Parameters):
    engine_off_min: float = 30.0
    distance_m: float = 200.0
    """From the bay."""
    after_trip_min: float = 60.0
    night_hour: int = 22
    """Local time at which every car should be in its bay; away then is red."""

    def __post_init__(self) -> None:
        super(NotParkedParameters, self).__post_init__()
        if self.night_hour > 23:
            raise ValueError("parameter night_hour must be an hour of the day")


@dataclass(frozen=True, slots=True)
class _Off:
    """The engine was off, `until` None if it still is."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class NotParked:
    code: ClassVar[str] = "R10"
    version: ClassVar[str] = "R10/1"
    name: ClassVar[str] = "未归位停放"
    name_en: ClassVar[str] = "Not parked in its bay"
    basis: ClassVar[str] = "[V 回单位停放]; 30 min, 200 m, 60 min, 22:00 [R]"
    scope: ClassVar[Scope] = "stay"
    parameters: NotParkedParameters = field(default_factory=NotParkedParameters)

    def evaluate(self, context: Context) -> Verdict:
        findings, moments = [], []
        for stay in context.timeline.stays:
            distance = distance_m(context.subject.bay, stay.spot)
            if distance <= self.parameters.distance_m:
                continue
            by_day, by_night = self._moments(context, stay)
            reached = [
                moment for moment in (by_day, by_night) if moment is not None and moment <= context.as_of
            ]
            moments += [
                moment for moment in (by_day, by_night) if moment is not None and moment > context.as_of
            ]
            if reached:
                night = by_night in reached
                findings.append(self._finding(context, stay, distance, min(reached), night))
        return Verdict(tuple(findings), tuple(moments))

    def _moments(self, context: Context, stay: Stay) -> tuple[datetime | None, datetime | None]:
        """When the car becomes 'not returned' and when 'away overnight'; None if it left before that."""
        by_day = by_night = None
        for off in self._engine_off(context, stay):
            end = off.until or datetime.max.replace(tzinfo=stay.start.tzinfo)
            settled = off.since + timedelta(minutes=self.parameters.engine_off_min)
            day = self._after_duty(
                context, stay, max(settled, stay.start + timedelta(minutes=self.parameters.after_trip_min))
            )
            night = self._night(context, stay, settled, end)
            by_day = by_day or (day if day is not None and day <= end else None)
            by_night = by_night or night
        return by_day, by_night

    def _engine_off(self, context: Context, stay: Stay) -> Iterator[_Off]:
        """Spans of the stay with the engine off; a stay without wired ignition is one such span."""
        since: datetime | None = None
        for _, fix in context.timeline.good(stay.first, stay.last):
            off = fix.ignition is not True
            if off and since is None:
                since = max(fix.time, stay.start)
            elif not off and since is not None:
                yield _Off(since, fix.time)
                since = None
        if since is not None:
            yield _Off(since, stay.end)

    def _after_duty(self, context: Context, stay: Stay, moment: datetime) -> datetime | None:
        """Not before an order that keeps the car is over, plus the time to bring it home."""
        for order in sorted(context.orders, key=lambda order: (order.start, order.run_id)):
            if order.start - BEFORE_ORDER > moment or not order.touches(stay.start, moment + BEFORE_ORDER):
                continue
            if order.end is None:
                return None
            moment = max(moment, order.end + timedelta(minutes=self.parameters.after_trip_min))
        return moment

    def _night(self, context: Context, stay: Stay, settled: datetime, end: datetime) -> datetime | None:
        """The first moment of a night at which no order kept the car; nobody is fetched from bed for it."""
        evening = datetime.combine(
            stay.start.astimezone(SHANGHAI).date() - timedelta(days=1),
            time(self.parameters.night_hour),
            SHANGHAI,
        ).astimezone(stay.start.tzinfo)
        after_trip = stay.start + timedelta(minutes=self.parameters.after_trip_min)
        while evening <= min(end, context.as_of + timedelta(days=1)):
            earliest = max(settled, evening if evening >= stay.start else after_trip)
            moment = self._after_duty(context, stay, earliest)
            if moment is None:
                return None
            if moment < evening + NIGHT and moment <= end:
                return moment
            evening += timedelta(days=1)
        return None

    def _finding(
        self, context: Context, stay: Stay, distance: float, since: datetime, night: bool
    ) -> Finding:
        order = context.order_of(stay.start - timedelta(hours=2), stay.start)
        last = context.timeline.fixes[stay.last].time if stay.end is None else stay.end
        return Finding(
            rule=self.code,
            rule_version=self.version,
            severity="red" if night else "yellow",
            start=stay.start,
            end=max(last, stay.start),
            spot=stay.spot,
            scope=self.scope,
            subject_start=stay.start,
            measures={
                "distance_m": round(distance),
                "since": since.isoformat(),
                "overnight": int(night),
                "total_parked_min": round((max(last, stay.start) - stay.start).total_seconds() / 60),
            },
            thresholds=self.parameters.snapshot(),
            evidence=self._evidence(context, stay, since).freeze(),
            explanations=self._explanations(context, stay, since),
            provisional=stay.end is None,
            run_id=None if order is None else order.run_id,
            request_id=None if order is None else order.request_id,
            driver_id=None if order is None else order.driver_id,
        )

    def _evidence(self, context: Context, stay: Stay, since: datetime) -> EvidenceCollector:
        """The first fixes of the stay and the last ones before the moment it counted."""
        fixes = context.timeline.fixes
        counted = next(
            (index for index in range(stay.last, stay.first - 1, -1) if fixes[index].time <= since),
            stay.first,
        )
        collector = EvidenceCollector(context)
        collector.add(stay.first, min(stay.first + EVIDENCE_FIXES, counted))
        collector.add(max(stay.first, counted - EVIDENCE_FIXES), counted)
        return collector

    def _explanations(self, context: Context, stay: Stay, since: datetime) -> tuple[Tried, ...]:
        nearest = min((distance_m(depot, stay.spot) for depot in context.subject.depots), default=None)
        in_depot = nearest is not None and nearest <= DEPOT_M
        booking = context.booking_at(since)
        kind = booking.kind if booking is not None and booking.kind in {"repair", "loan"} else None
        seen = [fix.time for _, fix in context.timeline.good(stay.first, stay.last) if fix.time <= since]
        silent = since - seen[-1] if seen else timedelta()
        return (
            Tried(
                "in_another_depot",
                in_depot,
                True,
                (("distance_m", None if nearest is None else round(nearest)),),
            ),
            Tried("out_of_pool", kind is not None, True, (("kind", kind),)),
            Tried("signal_gap", silent > SILENT, values=(("silent_s", round(silent.total_seconds())),)),
        )
