"""What the planner proposes for a request, and why."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.api.base import Answered, Moment, Received


class Reason(Answered):
    """A reason as data; the screen puts it into words. `weight` says whether it speaks for or against."""

    code: str  # arrives_early, pooled_with, saves_vehicle, saves_distance, range_left, driving_hours, ...
    weight: Literal["for", "against", "why_not"]
    values: dict[str, str | int | float | None] = {}


class ProposedStop(Answered):
    kind: Literal["pickup", "dropoff", "return"]
    request_id: int | None
    request_number: str | None
    name: str
    lon: float
    lat: float
    arrival: Moment
    departure: Moment
    latest_arrival: Moment
    on_board: int  # persons after this stop


class ProposedRun(Answered):
    """The run as it would be: every stop in order, and the figures of the card."""

    starts_at: Moment
    ends_at: Moment
    start_lon: float
    start_lat: float
    stops: list[ProposedStop]
    pickup_at: Moment
    pickup_early_s: int  # before the latest pick-up; what "准点余量" shows
    arrive_at: Moment
    empty_m: int
    distance_m: int
    next_task_slack_s: int | None  # until the vehicle's next run must start; None: nothing follows
    cost: float  # yuan
    cost_parts: dict[str, float]
    route: list[tuple[float, float]] = []  # lon, lat along the roads
    estimated: bool = False  # travel times by straight line: the router was down


class Obstacle(Answered):
    """Nothing fits: which constraint binds, how many vehicles each one excludes, what would help."""

    binding: str  # wheelchair, seats, body, shift, busy, time_window, range, status, ...
    vehicles_checked: int
    excluded: list[tuple[str, int]]  # constraint, vehicles it excludes first; largest first
    relaxation: Reason | None


class Proposal(Answered):
    id: int
    rank: int
    vehicle_id: int
    plate: str
    energy: str
    driver_id: int
    driver: str
    joins_run_id: int | None
    pooled_with: list[str]  # numbers of the requests on board at the same time
    same_run: list[str] = []  # of those the run serves before or after, with nobody of them on board
    plan: ProposedRun
    reasons: list[Reason]
    expires_at: Moment


class ProposalSet(Answered):
    request_id: int
    state: Literal["computing", "ready", "infeasible", "planner_down"]
    snapshot_at: Moment | None
    solve_ms: int | None
    proposals: list[Proposal]
    obstacle: Obstacle | None
    changes_since: int  # runs or requests that touch these vehicles and changed after the snapshot


class Assignment(Received):
    """Manual dispatch: a clerk's own choice, checked against the same constraints."""

    vehicle_id: int
    driver_id: int
    reason: Annotated[str, Field(min_length=4, max_length=200)]
