"""Runs (派车单): one vehicle, one driver, ordered stops; and the driver's steps."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.api.base import Answered, Latitude, Longitude, Moment, Received

RunStatus = Literal["dispatched", "accepted", "under_way", "returned", "cancelled"]
StepAction = Literal["accept", "decline", "depart", "arrive", "board", "alight", "return"]


class RunStop(Answered):
    id: int
    kind: Literal["pickup", "dropoff", "return"]
    request_id: int | None
    request_number: str | None
    contact_name: str | None
    contact_phone: str | None  # masked unless the reader is its driver during the run
    passengers: int | None
    name: str
    lon: float
    lat: float
    planned_arrival: Moment
    planned_departure: Moment
    latest_arrival: Moment
    arrived_at: Moment | None
    departed_at: Moment | None


class NextStep(Answered):
    """The one thing to do next; None in Run.next_step when the run is over."""

    action: StepAction
    stop_id: int | None


class Run(Answered):
    id: int
    number: str
    status: RunStatus
    vehicle_id: int
    plate: str
    energy: str
    driver_id: int
    driver: str
    planned_start: Moment
    planned_end: Moment
    accept_by: Moment | None
    locked: bool
    stops: list[RunStop]
    next_step: NextStep | None
    version: int
    odometer_start_km: float | None = None
    odometer_end_km: float | None = None
    expected_end: Moment | None = None  # the plan, moved by the delay so far; the real end once it is over
    late_s: int = 0
    conflict: bool = False  # it runs into the next booking of its car or driver


class Step(Received):
    """A tap of the driver. Sent again after a lost answer it counts once (`idempotency_key`)."""

    idempotency_key: UUID
    action: StepAction
    stop_id: int | None = None
    occurred_at: Moment
    lon: Longitude | None = None
    lat: Latitude | None = None
    odometer_km: Annotated[float, Field(ge=0)] | None = None
    note: Annotated[str, Field(max_length=200)] = ""


class Cancellation(Received):
    reason: Annotated[str, Field(min_length=4, max_length=200)]
