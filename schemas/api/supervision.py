"""Trips, violations and cases as the auditor sees them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.api.base import Answered, Moment, Received

Severity = Literal["advisory", "yellow", "red"]
CaseStatus = Literal[
    "detected", "auto_cleared", "to_verify", "explain_requested", "explained", "under_review", "cleared",
    "irregular", "rectifying", "confirmed", "sanction", "referred", "closed", "archived",
]  # fmt: skip


class TrackPoint(Answered):
    time: Moment
    received_at: Moment
    lon: float
    lat: float
    speed_kmh: float
    limit_kmh: float | None = None  # of the matched road
    road: str | None = None
    quality: Literal["good", "not_fixed", "few_satellites", "jump", "drift", "stale_clock"] = "good"
    backfilled: bool = False  # reached us more than 60 s after the terminal saw it
    gap_before: bool = False  # no signal between the previous point and this one


class MatchedTrack(Answered):
    """What road matching found, stored with the trip."""

    distance_km: float
    source: str  # road-data version
    limits_kmh: list[float | None]  # a value per fix of the trip
    roads: list[str | None]


class Trip(Answered):
    id: int
    vehicle_id: int
    plate: str
    version: int
    started_at: Moment
    ended_at: Moment
    closed: bool
    start_lon: float
    start_lat: float
    end_lon: float
    end_lat: float
    distance_km: float
    moving_s: int
    max_speed_kmh: float
    confidence: float
    run_id: int | None
    driver: str | None
    violations: int


class Track(Answered):
    trip: Trip
    points: list[TrackPoint]
    planned: list[tuple[float, float]]  # approved route of its run, empty when there is none


class Explanation(Answered):
    """An innocent explanation that was tried: whether it holds, with its numbers."""

    code: str
    holds: bool
    clears: bool = False  # holding, it closes the finding by itself
    values: dict[str, str | int | float | None] = {}


class Violation(Answered):
    id: int
    rule_code: str
    rule_version: str
    name: str
    name_en: str
    basis: str
    severity: Severity
    version: int
    started_at: Moment
    ended_at: Moment
    lon: float
    lat: float
    measures: dict[str, str | int | float | None]
    thresholds: dict[str, str | int | float | None]
    explanations: list[Explanation]
    evidence_digest: str
    fixes: int
    provisional: bool = False  # its trip or stay still goes on
    withdrawn: bool = False  # it no longer holds: later data, or an order entered since


class CaseSummary(Answered):
    """A row of the alert list: the findings of one trip or one stay."""

    id: int
    number: str
    status: CaseStatus
    severity: Severity
    due_at: Moment
    opened_at: Moment
    plate: str
    energy: str
    organisation: str
    driver: str | None
    rules: list[str]
    headline_values: dict[str, str | int | float | None]  # of the gravest finding, for its one-line wording
    headline_rule: str
    started_at: Moment
    ended_at: Moment
    strength: Literal["weak", "medium", "strong"]
    version: int


class CaseEntry(Answered):
    at: Moment
    who: str
    action: str
    from_status: CaseStatus
    to_status: CaseStatus
    note: str


class CaseDetail(CaseSummary):
    vehicle_id: int
    trip_id: int | None
    run_number: str | None
    request_number: str | None
    violations: list[Violation]
    entries: list[CaseEntry]
    actions: list[str]  # what this reader may do next


class CaseAction(Received):
    """request_explanation | clear | confirm. Clearing needs a cause code; the rest a note of 4 characters."""

    action: Literal["request_explanation", "clear", "confirm"]
    cause_code: (
        Literal["drift", "wrong_binding", "order_exists", "duty", "emergency", "road_data", "other"] | None
    ) = None
    note: Annotated[str, Field(max_length=500)] = ""
    version: int
