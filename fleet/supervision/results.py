"""What a pass over a vehicle yields, in the shape in which it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.supervision.revision import content_digest
from fleet.supervision.rules.base import Finding, Tried
from fleet.supervision.timeline import Trip
from fleet.supervision.tracks import Fix


@dataclass(frozen=True, slots=True)
class TripResult:
    """A trip with its road match and its run. `matched` is None while the road network has not been asked."""

    trip: Trip
    run_id: int | None
    matched: dict[str, Any] | None

    @property
    def kind(self) -> str:
        return "trip"

    @property
    def start(self) -> datetime:
        return self.trip.start

    @property
    def end(self) -> datetime:
        return self.trip.end

    @property
    def content(self) -> str:
        return content_digest(
            {
                "start": self.trip.start,
                "end": self.trip.end,
                "closed": self.trip.closed,
                "spots": [self.trip.start_spot, self.trip.end_spot],
                "numbers": [self.trip.distance_km, self.trip.moving_s, self.trip.confidence],
                "track": self.trip.digest,
                "run": self.run_id,
                "matched": self.matched,
            }
        )


@dataclass(frozen=True, slots=True)
class FindingResult:
    finding: Finding

    @property
    def kind(self) -> str:
        return self.finding.rule

    @property
    def start(self) -> datetime:
        return self.finding.start

    @property
    def end(self) -> datetime:
        return self.finding.end

    @property
    def content(self) -> str:
        found = self.finding
        return content_digest(
            {
                "rule": found.rule_version,
                "severity": found.severity,
                "span": [found.start, found.end],
                "spot": found.spot,
                "subject": [found.scope, found.subject_start],
                "measures": found.measures,
                "thresholds": found.thresholds,
                "evidence": found.evidence.digest,
                "explanations": self.explanations,
                "provisional": found.provisional,
                "order": [found.run_id, found.request_id, found.driver_id],
            }
        )

    @property
    def explanations(self) -> list[dict[str, Any]]:
        return [_tried(tried) for tried in self.finding.explanations]

    @property
    def evidence(self) -> dict[str, Any]:
        """Frozen: a copy, not a reference."""
        found = self.finding
        return {
            "digest": found.evidence.digest,
            "fixes": [_frozen(fix) for fix in found.evidence.fixes],
            "records": [list(record) for record in found.evidence.records],
            "scope": found.scope,
            "subject_start": found.subject_start,
        }


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "code": tried.code,
        "holds": tried.holds,
        "clears": tried.clears,
        "values": dict(tried.values),
    }


def _frozen(fix: Fix) -> dict[str, Any]:
    return {
        "terminal_id": fix.terminal_id,
        "time": fix.time,
        "digest": str(fix.digest),  # beyond what JSON numbers carry exactly
        "lon": fix.lon,
        "lat": fix.lat,
        "speed_kmh": fix.speed_kmh,
        "heading_deg": fix.heading_deg,
        "ignition": fix.ignition,
        "satellites": fix.satellites,
        "fixed": fix.fixed,
        "alarm": fix.alarm,
        "received_at": fix.received_at,
    }
