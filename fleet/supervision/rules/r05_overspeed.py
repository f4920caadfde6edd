"""R05 超速: faster than the road allows, by the matched road's limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from fleet.supervision.context import Context, RoadLimits
from fleet.supervision.measures import GAP_S
from fleet.supervision.rules.base import (
    EvidenceCollector,
    Finding,
    Parameters,
    Scope,
    Severity,
    Tried,
    Value,
    Verdict,
)
from fleet.supervision.timeline import Trip
from fleet.supervision.tracks import Fix

OVERSPEED_ALARM = 1 << 1
"""JT/T 808 alarm bit 1: the terminal's own overspeed alarm."""


@dataclass(frozen=True, slots=True)
class OverspeedParameters(Parameters):
    over_share: float = 0.10
    red_share: float = 0.20
    consecutive_fixes: int = 2
    unknown_road_kmh: float = 120.0
    """Taken where no road with a limit is matched."""

    def __post_init__(self) -> None:
        super(OverspeedParameters, self).__post_init__()
        if self.red_share < self.over_share:
            raise ValueError("parameter red_share must not be below over_share")


@dataclass(frozen=True, slots=True)
class _Fast:
    """A good fix above its limit."""

    index: int
    fix: Fix
    limit_kmh: float
    road: str | None
    source: str
    """road, assumed (no matched limit) or terminal (its alarm)."""

    @property
    def share(self) -> float:
        return self.fix.speed_kmh / self.limit_kmh - 1


@dataclass(frozen=True, slots=True)
class Overspeed:
    code: ClassVar[str] = "R05"
    version: ClassVar[str] = "R05/1"
    name: ClassVar[str] = "超速"
    name_en: ClassVar[str] = "Speeding"
    basis: ClassVar[str] = "fields [V 畅翔], JT/T 808 alarm bit 1; 10 %, 20 %, 120 km/h [R]"
    scope: ClassVar[Scope] = "trip"
    parameters: OverspeedParameters = field(default_factory=OverspeedParameters)

    def evaluate(self, context: Context) -> Verdict:
        return Verdict(
            tuple(
                self._finding(context, trip, stretch)
                for trip in context.timeline.trips
                for stretch in self._stretches(context, trip)
            )
        )

    def _stretches(self, context: Context, trip: Trip) -> Iterator[Sequence[_Fast]]:
        """Runs of consecutive good fixes above the limit, long enough to count."""
        limits = context.limits.get(trip.start)
        run: list[_Fast] = []
        previous: Fix | None = None
        for index, fix in context.timeline.good(trip.first, trip.last):
            gap = previous is not None and (fix.time - previous.time).total_seconds() > GAP_S
            fast = self._fast(index, fix, limits, index - trip.first)
            if run and (fast is None or gap):
                if len(run) >= self.parameters.consecutive_fixes:
                    yield run
                run = []
            if fast is not None:
                run.append(fast)
            previous = fix
        if len(run) >= self.parameters.consecutive_fixes:
            yield run

    def _fast(self, index: int, fix: Fix, limits: RoadLimits | None, place: int) -> _Fast | None:
        matched = None if limits is None else limits.limits_kmh[place]
        limit = matched or self.parameters.unknown_road_kmh
        road = None if limits is None else limits.roads[place]
        if fix.speed_kmh - limit >= self.parameters.over_share * limit - 1e-6:
            return _Fast(index, fix, limit, road, "road" if matched else "assumed")
        if fix.alarm & OVERSPEED_ALARM and fix.speed_kmh > limit:
            return _Fast(index, fix, limit, road, "terminal")
        return None

    def _finding(self, context: Context, trip: Trip, run: Sequence[_Fast]) -> Finding:
        worst = max(run, key=lambda fast: fast.share)
        severity: Severity = "red" if worst.share >= self.parameters.red_share - 1e-6 else "yellow"
        order = context.order_of(trip.start, trip.end)
        limits = context.limits.get(trip.start)
        collector = EvidenceCollector(context)
        collector.add(run[0].index, run[-1].index)
        records: list[tuple[str, Value]] = [("road_data", None if limits is None else limits.source)]
        return Finding(
            rule=self.code,
            rule_version=self.version,
            severity=severity,
            start=run[0].fix.time,
            end=run[-1].fix.time,
            spot=worst.fix.spot,
            scope=self.scope,
            subject_start=trip.start,
            measures={
                "max_speed_kmh": round(worst.fix.speed_kmh, 1),
                "limit_kmh": worst.limit_kmh,
                "max_over_percent": round(worst.share * 100),
                "mean_speed_kmh": round(sum(fast.fix.speed_kmh for fast in run) / len(run), 1),
                "total_s": round((run[-1].fix.time - run[0].fix.time).total_seconds()),
                "total_fixes": len(run),
                "road": worst.road,
                "limit_source": worst.source,
            },
            thresholds=self.parameters.snapshot(),
            evidence=collector.freeze(records),
            explanations=self._explanations(run),
            provisional=not trip.closed,
            run_id=None if order is None else order.run_id,
            request_id=None if order is None else order.request_id,
            driver_id=None if order is None else order.driver_id,
            weight=worst.share,
        )

    def _explanations(self, run: Sequence[_Fast]) -> tuple[Tried, ...]:
        limits = sorted({fast.limit_kmh for fast in run})
        return (
            Tried("limit_assumed", all(fast.source == "assumed" for fast in run)),
            Tried("limit_changes", len(limits) > 1, values=(("lowest", limits[0]), ("highest", limits[-1]))),
            Tried("short", len(run) == self.parameters.consecutive_fixes, values=(("fixes", len(run)),)),
        )
