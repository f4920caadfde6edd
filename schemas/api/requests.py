"""Trip requests (用车申请)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.api.base import Answered, Moment, Named, Received, Spot

RequestStatus = Literal[
    "draft", "unit_review", "unit_rejected", "withdrawn", "platform_review", "platform_rejected",
    "pending_dispatch", "no_vehicle", "rental", "dispatched", "accepted", "reassign_requested", "en_route",
    "arrived", "in_service", "suspended", "swapping", "service_ended", "returned", "fee_confirm", "disputed",
    "settled", "reviewed", "archived", "cancelled", "expired",
]  # fmt: skip
Body = Literal["sedan", "suv", "mpv", "minibus", "coach"]


class NewRequest(Received):
    """What a requester, or a clerk on somebody's behalf (direct dispatch), asks for."""

    organisation_id: int | None = None  # the clerk names whose trip it is; a requester's own otherwise
    purpose: Annotated[str, Field(max_length=200)] = ""
    contact_name: Annotated[str, Field(min_length=1, max_length=40)]
    contact_phone: Annotated[str, Field(max_length=20)] = ""
    origin: Spot
    destination: Spot
    form: Literal["one_way", "round_trip"] = "one_way"
    waiting_min: Annotated[int, Field(ge=0, le=600)] = 0
    passengers: Annotated[int, Field(ge=1, le=60)]
    luggage: Annotated[int, Field(ge=0, le=60)] = 0
    wheelchair: bool = False
    body_requested: Body | None = None
    pickup_from: Moment
    pickup_until: Moment | None = None  # 15 min after pickup_from unless said
    arrive_by: Moment
    share_consent: bool = False
    detour_cap_min: Annotated[int, Field(ge=0, le=60)] = 10
    holiday: bool = False

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        if self.arrive_by <= self.pickup_from:
            raise ValueError(
                f"arrive_by {self.arrive_by.isoformat()} is not after "
                f"pickup_from {self.pickup_from.isoformat()}: "
                "the trip would end before it starts. Correct one of the two times"
            )
        if self.pickup_until is not None and not self.pickup_from <= self.pickup_until <= self.arrive_by:
            raise ValueError("pickup_until must lie between pickup_from and arrive_by")
        return self

    @property
    def latest_pickup(self) -> Moment:
        return self.pickup_until or min(self.pickup_from + timedelta(minutes=15), self.arrive_by)


class Decision(Received):
    """Approve, reject, withdraw or cancel; a rejection needs its reason."""

    note: Annotated[str, Field(max_length=200)] = ""


class RequestSummary(Answered):
    """A row of the queue, sorted by the moment it must be decided."""

    id: int
    number: str
    status: RequestStatus
    kind: Literal["normal", "supplement", "direct"]
    organisation: Named
    contact_name: str
    purpose: str
    origin: Spot
    destination: Spot
    form: Literal["one_way", "round_trip"]
    waiting_min: int
    passengers: int
    luggage: int
    wheelchair: bool
    body_requested: Body | None
    pickup_from: Moment
    pickup_until: Moment
    arrive_by: Moment
    share_consent: bool
    decide_by: Moment  # later than this the best proposal can no longer be on time
    proposals: int  # open ones; 0 while computing or when nothing fits
    infeasible: bool
    run_id: int | None = None
    vehicle_plate: str | None = None
    version: int


class RequestDetail(RequestSummary):
    contact_phone: str
    requester: str
    decided_by: str | None
    decided_at: Moment | None
    created_at: Moment
    detour_cap_min: int
    holiday: bool
