"""What dispatch answers: options for a request, a plan for all open ones, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.cost import Cost
from dispatch.runs import Run, StopKind


class ReasonCode(StrEnum):
    """What a reason speaks of. Its `values` (seconds, metres, percent, ids) stand in brackets."""

    ARRIVES_EARLY = "arrives_early"
    """Car is there before the wanted time [slack_s, arrive, low, high]: low..high is the 80 % interval."""
    ARRIVES_IN_WINDOW = "arrives_in_window"
    """Car comes after the wanted time, within the window [after_s, slack_s, arrive, low, high]."""
    REACHES_IN_TIME = "reaches_in_time"
    """At the destination ahead of the latest arrival [slack_s, arrive]."""
    POOLED_WITH = "pooled_with"
    """Shares the car, both consented [request_id, detour_s (ours), their_detour_s]."""
    SAVES_VEHICLE = "saves_vehicle"
    """No further car or run is needed [vehicles]."""
    SAVES_DISTANCE = "saves_distance"
    """Against the cheapest run of its own [metres, fen]."""
    EMPTY_DISTANCE = "empty_distance"
    """Kilometres without passengers that it adds [metres]."""
    RANGE_LEFT = "range_left"
    """Range left once everything planned is driven [now_percent, percent]."""
    DRIVING_HOURS = "driving_hours"
    """Driver's time at the wheel with everything planned [driven_s, planned_s, limit_s, driver_id]."""
    CLASS_UPGRADE = "class_upgrade"
    """A higher class than asked for [steps, vehicle_class]."""
    OVERTIME = "overtime"
    """Driver is back after the end of the shift [overtime_s, driver_id]."""
    NEXT_TASK_SLACK = "next_task_slack"
    """Spare time until car or driver must leave for the next run [slack_s, run_id]."""
    NO_NEXT_TASK = "no_next_task"
    """Nothing follows for this car and driver []."""
    DELAYS = "delays"
    """A dispatched request is told a later time [request_id, later_s]."""
    NEAREST = "nearest"
    """It is the car nearest to the pick-up [distance_m]."""
    NOT_NEAREST = "not_nearest"
    """Why not the nearest car [vehicle_id, distance_m, code; where known until, reason, extra_fen, later_s].

    `code` is a Constraint, or "cost" (feasible, but dearer by extra_fen), or "later" (and later_s later).
    """


class Tone(StrEnum):
    PLUS = "plus"
    MINUS = "minus"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason as data; words are made where it is shown. `values` has the keys named at its code."""

    code: ReasonCode
    tone: Tone
    values: dict[str, int | str] = field(default_factory=dict)


class Constraint(StrEnum):
    """What keeps a car from a request, in the order in which a car is tested."""

    STATUS = "status"
    """In repair, sealed, lent ... for the time asked [reason, until]."""
    WHEELCHAIR = "wheelchair"
    SEATS = "seats"
    LUGGAGE = "luggage"
    CLASS = "class"
    NO_DRIVER = "no_driver"
    """Nobody of its depot may drive it and is on shift at that time."""
    BUSY = "busy"
    """Car or every driver for it is on another run; free at [until]."""
    TIME_WINDOW = "time_window"
    """It cannot reach pick-up or destination in time; earliest possible pick-up [until]."""
    SHARING = "sharing"
    """It would fit only together with someone, and one side does not consent."""
    PROMISE = "promise"
    """Free at the time asked, but a later run would then break what it promised; possible at [until]."""
    LOCKED = "locked"
    """A locked run stands in the way; free at [until]."""
    RANGE = "range"
    DRIVING_HOURS = "driving_hours"


@dataclass(frozen=True, slots=True)
class Blocked:
    """The first constraint that keeps one car from one request; `until`: possible from then, if known."""

    vehicle_id: str
    constraint: Constraint
    until: int | None = None
    reason: str = ""


class RelaxationKind(StrEnum):
    LATER = "later"
    """Move latest pick-up and latest arrival by `amount` seconds; the car then picks up at `pickup`."""
    EARLIER = "earlier"
    """Move earliest pick-up by `amount` seconds earlier; the car then picks up at `pickup`."""
    SHARE = "share"
    """Consent to sharing the car, with up to `amount` seconds of extra ride."""
    ANY_CLASS = "any_class"
    """Accept any vehicle class (`amount` 0)."""
    SPLIT = "split"
    """Divide the people over `amount` cars."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A change that makes the request possible, smallest of its kind; `vehicle_id` would then serve it."""

    kind: RelaxationKind
    amount: int
    pickup: int | None = None
    vehicle_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConstraintCount:
    """How many cars fail this constraint first; `earliest_until` is the soonest `until` among them."""

    constraint: Constraint
    vehicles: int
    earliest_until: int | None = None


@dataclass(frozen=True, slots=True)
class NoOption:
    """Why nothing fits. `counts` is in the order of testing and adds up to `checked`, `binding` is the last
    constraint that cars got as far as, `relaxations` are those that work, smallest change first."""

    request_id: str
    checked: int
    binding: Constraint | None
    counts: tuple[ConstraintCount, ...]
    blocked: tuple[Blocked, ...]
    relaxations: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Another request in the car at the same time: extra ride (s) of ours and theirs over driving direct."""

    request_id: str
    detour_s: int
    their_detour_s: int


@dataclass(frozen=True, slots=True)
class Change:
    """A dispatched request that is told another time: planned start of service before and after."""

    request_id: str
    kind: StopKind
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Option:
    """One way to serve a request. Confirming it puts `run` in force, in place of run `replaces` if named.

    `serves` are the open requests that `run` takes along: the one asked for and, in a batch plan, those
    pooled or chained with it in the same run; they are confirmed together. Distances and costs are what this
    request adds to the state in force, or in a batch plan to the rest of the plan. `arrive` is when the car
    is at the pick-up; `on_time_slack_s` counts from there to the wanted (earliest) pick-up, negative when
    later; `pickup_slack_s` to the latest; `arrival_slack_s` from being at the drop-off to the latest arrival;
    `next_task_slack_s` is None where nothing follows, and `next_run_id` "" where that is a proposed run.
    """

    request_id: str
    run: Run
    replaces: str | None
    serves: tuple[str, ...]
    arrive: int
    on_time_slack_s: int
    pickup_slack_s: int
    arrival_slack_s: int
    next_task_slack_s: int | None
    next_run_id: str | None
    empty_m: int
    distance_m: int
    cost: Cost
    pooled: tuple[Pooled, ...] = ()
    changes: tuple[Change, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer for one request: up to three options, best first, or why there is none."""

    request_id: str
    options: tuple[Option, ...]
    no_option: NoOption | None = None


class Solver(StrEnum):
    ROUTING = "routing"
    INSERTION = "insertion"


@dataclass(frozen=True, slots=True)
class Plan:
    """One proposal per open request, most urgent first, and the state with every first option confirmed.

    `solver` says whose plan it is: routing, or insertion where routing found nothing cheaper; `cost` is of
    the whole state in `runs`, unserved requests included. `refused` says which plans of the search the
    checker turned away: always empty unless the routing model has a fault, so log it.
    """

    proposals: tuple[Proposal, ...]
    runs: tuple[Run, ...]
    unserved: tuple[str, ...]
    cost: Cost
    solver: Solver
    seed: int
    refused: tuple[str, ...] = ()
