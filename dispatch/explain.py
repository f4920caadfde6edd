"""Reasons as data: why this car, what it costs others, and why not the nearest. Words are made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dispatch.book import Book
from dispatch.cost import overtime_s
from dispatch.diagnosis import diagnose
from dispatch.insertion import Candidate
from dispatch.model import Request, Vehicle
from dispatch.option import saved
from dispatch.results import Constraint, Option, Reason, ReasonCode, Tone
from dispatch.runs import StopKind

TIGHT_S = 600
LONG_EMPTY_M = 5000
LOW_RANGE_PERCENT = 40
LONG_DRIVING_PERCENT = 75
ORDER = {Tone.PLUS: 0, Tone.NEUTRAL: 1, Tone.MINUS: 2}


@dataclass(frozen=True, slots=True)
class Field:
    """What an option is compared with: all ways found, one per car, and the best that is a run of its own."""

    ways: Mapping[str, Candidate]
    alone: Option | None


def with_reasons(book: Book, request: Request, option: Option, field: Field) -> Option:
    """The option with its reasons, good ones first, the word on the nearest car last."""
    after = book.put(option.run, option.replaces)
    found = [
        *_times(book, request, option),
        *_company(option),
        *_savings(option, field.alone),
        *_crew_and_range(after, request, option),
    ]
    found.sort(key=lambda r: ORDER[r.tone])
    return replace(option, reasons=(*found, _nearest(book, request, option, field)))


def _times(book: Book, request: Request, option: Option) -> Iterator[Reason]:
    on, leg_s = option.arrive, _leg_to_pickup(option, request)
    spread = leg_s * book.problem.params.spread_permille // 1000
    around = {"arrive": on, "low": on - spread, "high": on + spread}
    if option.on_time_slack_s >= 0:
        yield Reason(ReasonCode.ARRIVES_EARLY, Tone.PLUS, {"slack_s": option.on_time_slack_s, **around})
    else:
        tone = Tone.MINUS if option.pickup_slack_s < TIGHT_S else Tone.NEUTRAL
        values: dict[str, int | str] = {
            "after_s": -option.on_time_slack_s,
            "slack_s": option.pickup_slack_s,
            **around,
        }
        yield Reason(ReasonCode.ARRIVES_IN_WINDOW, tone, values)
    there = request.arrival_window.latest - option.arrival_slack_s
    tone = Tone.MINUS if option.arrival_slack_s < TIGHT_S else Tone.PLUS
    yield Reason(ReasonCode.REACHES_IN_TIME, tone, {"slack_s": option.arrival_slack_s, "arrive": there})
    if option.next_task_slack_s is None:
        yield Reason(ReasonCode.NO_NEXT_TASK, Tone.PLUS)
        return
    tone = Tone.MINUS if option.next_task_slack_s < TIGHT_S else Tone.PLUS
    slack_s, run_id = option.next_task_slack_s, option.next_run_id or ""
    yield Reason(ReasonCode.NEXT_TASK_SLACK, tone, {"slack_s": slack_s, "run_id": run_id})


def _leg_to_pickup(option: Option, request: Request) -> int:
    left = option.run.start
    for stop in option.run.stops:
        if stop.request_id == request.id and stop.kind is StopKind.PICKUP:
            return max(0, stop.arrive - left)
        left = stop.depart
    return 0


def _company(option: Option) -> Iterator[Reason]:
    for pooled in option.pooled:
        values = {"detour_s": pooled.detour_s, "their_detour_s": pooled.their_detour_s}
        yield Reason(ReasonCode.POOLED_WITH, Tone.PLUS, {"request_id": pooled.request_id, **values})
    later: dict[str, int] = {}
    for change in option.changes:
        later[change.request_id] = max(later.get(change.request_id, 0), change.after - change.before)
    for request_id, later_s in later.items():
        yield Reason(ReasonCode.DELAYS, Tone.MINUS, {"request_id": request_id, "later_s": later_s})


def _savings(option: Option, alone: Option | None) -> Iterator[Reason]:
    tone = Tone.MINUS if option.empty_m > LONG_EMPTY_M else Tone.NEUTRAL
    yield Reason(ReasonCode.EMPTY_DISTANCE, tone, {"metres": option.empty_m})
    if alone is None:
        return
    if option.replaces is not None:
        yield Reason(ReasonCode.SAVES_VEHICLE, Tone.PLUS, {"vehicles": 1})
    metres = alone.distance_m - option.distance_m
    if metres > 0:
        values: dict[str, int | str] = {"metres": metres, "fen": saved(option.cost, alone.cost)}
        yield Reason(ReasonCode.SAVES_DISTANCE, Tone.PLUS, values)


def _crew_and_range(after: Book, request: Request, option: Option) -> Iterator[Reason]:
    problem, run = after.problem, option.run
    vehicle, driver = problem.vehicle[run.vehicle_id], problem.driver[run.driver_id]
    planned = driver.driving_limit_s - after.driving_spare_s(driver)
    tone = Tone.MINUS if planned * 100 > driver.driving_limit_s * LONG_DRIVING_PERCENT else Tone.NEUTRAL
    hours = {"driven_s": driver.driven_s, "planned_s": planned, "limit_s": driver.driving_limit_s}
    yield Reason(ReasonCode.DRIVING_HOURS, tone, {**hours, "driver_id": driver.id})
    if vehicle.range_m is not None:
        yield _range_left(after, vehicle)
    steps = request.upgrade_steps(vehicle.vehicle_class)
    if steps:
        upgrade: dict[str, int | str] = {"steps": steps, "vehicle_class": vehicle.vehicle_class}
        yield Reason(ReasonCode.CLASS_UPGRADE, Tone.MINUS, upgrade)
    overtime = overtime_s(problem, run)
    if overtime:
        yield Reason(ReasonCode.OVERTIME, Tone.MINUS, {"overtime_s": overtime, "driver_id": driver.id})


def _range_left(after: Book, vehicle: Vehicle) -> Reason:
    range_m = vehicle.range_m or 0
    full = max(1, vehicle.full_range_m or range_m)
    planned = sum(after.drives[r.id].metres for r in after.vehicle_runs(vehicle.id))
    percent = (range_m - planned) * 100 // full
    tone = Tone.MINUS if percent < LOW_RANGE_PERCENT else Tone.NEUTRAL
    return Reason(ReasonCode.RANGE_LEFT, tone, {"now_percent": range_m * 100 // full, "percent": percent})


def _nearest(book: Book, request: Request, option: Option, field: Field) -> Reason:
    """The nearest car that is not out of use, and why it is not this one."""
    metres = book.problem.travel.metres_rows
    distance = {v.id: metres[v.position][request.pickup] for v in book.problem.vehicles}
    own = option.run.vehicle_id
    for vehicle in sorted(book.problem.vehicles, key=lambda v: (distance[v.id], v.id != own, v.id)):
        if distance[vehicle.id] >= distance[own]:
            break
        values: dict[str, int | str] = {"vehicle_id": vehicle.id, "distance_m": distance[vehicle.id]}
        if vehicle.id in field.ways:
            return _dearer(request, option, field.ways[vehicle.id], values)
        blocked = diagnose(book, request, vehicle)
        if blocked.constraint is Constraint.STATUS:
            continue
        values["code"] = str(blocked.constraint)
        if blocked.until is not None:
            values["until"] = blocked.until
        return Reason(ReasonCode.NOT_NEAREST, Tone.NEUTRAL, values)
    return Reason(ReasonCode.NEAREST, Tone.PLUS, {"distance_m": distance[own]})


def _dearer(request: Request, option: Option, way: Candidate, values: dict[str, int | str]) -> Reason:
    there = next(s.arrive for s in way.run.stops if s.request_id == request.id and s.kind is StopKind.PICKUP)
    extra = (way.added - option.cost).total_fen
    code = "ranked_higher" if extra < 0 else "cost"
    values |= {"code": code, "extra_fen": extra, "later_s": there - option.arrive}
    return Reason(ReasonCode.NOT_NEAREST, Tone.NEUTRAL, values)
