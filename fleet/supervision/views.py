"""Rows as the API answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from fleet.supervision.measures import GAP_S
from fleet.supervision.rules.catalogue import BY_CODE
from fleet.supervision.tracks import Fix, Quality, assess, in_order, track_digest
from schemas.api.supervision import CaseSummary, Explanation, TrackPoint, Trip, Violation

BACKFILLED_S = 60
WEAKENING = frozenset({"signal_gap", "towed", "limit_assumed"})
STRONG_CONFIDENCE, WEAK_CONFIDENCE = 0.8, 0.5


def case_summary(row: dict[str, Any]) -> CaseSummary:
    return CaseSummary(
        **{name: row[name] for name in CaseSummary.model_fields if name in row},
        headline_values=row["measures"],
        strength=strength(row["explanations"], row["confidence"]),
    )


def strength(
    explanations: Sequence[dict[str, Any]], confidence: float | None
) -> Literal["weak", "medium", "strong"]:
    """How far it carries: strong when no innocent explanation holds and the track was seen whole."""
    holding = {tried["code"] for tried in explanations if tried["holds"]}
    sure = 1.0 if confidence is None else confidence
    if holding & WEAKENING or sure < WEAK_CONFIDENCE:
        return "weak"
    return "strong" if not holding and sure >= STRONG_CONFIDENCE else "medium"


def violation(row: dict[str, Any]) -> Violation:
    rule = BY_CODE[row["rule_code"]]
    return Violation(
        **{name: row[name] for name in Violation.model_fields if name in row and name != "explanations"},
        name=rule.name,
        name_en=rule.name_en,
        basis=rule.basis,
        explanations=[Explanation.model_validate(tried) for tried in row["explanations"]],
        evidence_digest=row["evidence"]["digest"],
        fixes=len(row["evidence"]["fixes"]),
    )


def trip(row: dict[str, Any]) -> Trip:
    return Trip(**{name: row[name] for name in Trip.model_fields})


def track_points(fixes: Sequence[Fix], row: dict[str, Any]) -> list[TrackPoint]:
    """The fixes of a trip with their flags; limits only while they speak of these very fixes."""
    ordered = in_order(fixes)
    flags = assess(ordered)
    matched = row["matched"] if track_digest(ordered, flags) == row["track_digest"] else None
    points: list[TrackPoint] = []
    last_good: Fix | None = None
    for place, (fix, flag) in enumerate(zip(ordered, flags, strict=True)):
        silent = last_good is not None and (fix.time - last_good.time).total_seconds() > GAP_S
        if flag is Quality.GOOD:
            last_good = fix
        points.append(
            TrackPoint(
                time=fix.time,
                received_at=fix.received_at,
                lon=fix.lon,
                lat=fix.lat,
                speed_kmh=round(fix.speed_kmh, 1),
                limit_kmh=matched["limits_kmh"][place] if matched else None,
                road=matched["roads"][place] if matched else None,
                quality=flag.value,
                backfilled=(fix.received_at - fix.time).total_seconds() > BACKFILLED_S,
                gap_before=silent and flag is Quality.GOOD,
            )
        )
    return points
