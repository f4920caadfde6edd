"""The live picture: vehicles, counters, the event stream."""

from __future__ import annotations

from typing import Literal

from schemas.api.base import Answered, Moment

Activity = Literal["idle", "heading", "loaded", "waiting", "returning", "moving", "disabled"]
"""idle: free; heading: to a pick-up; loaded: passengers on board; waiting: stands during a run;
returning: to its bay; moving: drives without a run; disabled: repair, sealed, lent, disposed."""


class LiveVehicle(Answered):
    id: int
    plate: str
    body: str
    energy: str
    seats: int
    wheelchair: bool
    depot: str
    activity: Activity
    lon: float | None = None
    lat: float | None = None
    speed_kmh: float | None = None
    heading_deg: float | None = None
    time: Moment | None = None
    received_at: Moment | None = None
    expected_interval_s: int = 30
    energy_pct: float | None = None
    driver: str | None = None
    run_id: int | None = None
    alerts: int = 0


class Counters(Answered):
    """Figures of the top bar. Each is defined beside its query."""

    to_handle: int
    pending: int
    idle: int
    on_task: int
    lost: int
    disabled: int
    total: int
    on_time_pct: float | None
    delay_s: float | None


class ClockReading(Answered):
    now: Moment
    rate: float


class Hello(ClockReading):
    """First event of the stream (`event: hello`)."""

    vehicles: list[LiveVehicle]
    counters: Counters


class Change(Answered):
    """Something to fetch again (`event: change`); the event id lets a client resume."""

    topic: Literal["request", "proposal", "run", "alert", "trip", "case"]
    subject_id: str


class MapConfig(Answered):
    tiles_url: str | None
    attribution: str
    review_number: str
    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]
