"""The driver's walk through a run, as a pure state machine: what comes next, and what a tap makes of it.

accept; depart; at each stop in order arrive, then board or alight; return. Where the next stop is the spot
the car stands at already (the way back of a round trip, two pick-ups at one door), arriving is implied.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fleet.dispatching.model import RunRow, StopRow
from fleet.errors import ConflictError
from schemas.api.requests import RequestStatus
from schemas.api.runs import NextStep, StepAction

LEAVES = {"pickup": "board", "dropoff": "alight", "return": "return"}
"""The tap that finishes a stop, by its kind."""

WALK: tuple[RequestStatus, ...] = (
    "pending_dispatch", "dispatched", "accepted", "en_route", "arrived", "in_service", "service_ended",
    "returned",
)  # fmt: skip
"""The states a request goes through on its run, in order."""


class StepRefusedError(ConflictError):
    """The tap does not fit where the run is."""


def next_step(run: RunRow) -> NextStep | None:
    """The one thing to do next; None when the run is over."""
    if run.status in ("returned", "cancelled"):
        return None
    if run.status == "dispatched":
        return NextStep(action="accept", stop_id=None)
    if run.status == "accepted":
        return NextStep(action="depart", stop_id=None)
    stop = next(s for s in run.stops if s.departed_at is None)
    if stop.arrived_at is None and stop.kind != "return":
        return NextStep(action="arrive", stop_id=stop.id)
    return NextStep.model_validate({"action": LEAVES[stop.kind], "stop_id": stop.id})


def take(run: RunRow, action: StepAction, stop_id: int | None, at: datetime) -> RunRow:
    """The run after the tap; raises StepRefusedError naming the step that is due instead.

    A tap without a stop means the one that is due.
    """
    due = next_step(run)
    if action == "decline" and due is not None and due.action == "accept":
        return replace(run, status="cancelled", ended_at=at)
    if due is None or action != due.action or stop_id not in (None, due.stop_id):
        raise _refused(run, action, stop_id, due)
    if action == "accept":
        return replace(run, status="accepted")
    if action == "depart":
        return _imply_arrival(replace(run, status="under_way", started_at=at), at)
    if action == "arrive":
        return _mark(run, due.stop_id, arrived_at=at)
    left = _mark(run, due.stop_id, departed_at=at)
    return replace(left, status="returned", ended_at=at) if action == "return" else _imply_arrival(left, at)


def request_status(run: RunRow, request_id: int) -> RequestStatus:
    """Where a request stands, from where its run stands."""
    if run.status == "cancelled":
        return "pending_dispatch"
    if run.status in ("dispatched", "accepted", "returned"):
        return run.status
    own = [s for s in run.stops if s.request_id == request_id]
    if own[-1].departed_at is not None:
        return "service_ended"
    if own[0].departed_at is not None:
        return "in_service"
    if own[0].arrived_at is not None:
        return "arrived"
    heading_to = next(s for s in run.stops if s.departed_at is None)
    return "en_route" if heading_to.id == own[0].id else "accepted"


def late_s(run: RunRow) -> int:
    """Seconds the newest actual time is behind the plan; 0 when on time or early."""
    behind = 0.0
    if run.started_at is not None:
        behind = (run.started_at - run.planned_start).total_seconds()
    for stop in run.stops:
        if stop.departed_at is not None:
            behind = (stop.departed_at - stop.planned_departure).total_seconds()
        elif stop.arrived_at is not None:
            behind = (stop.arrived_at - stop.planned_arrival).total_seconds()
    return max(0, round(behind))


def _mark(
    run: RunRow,
    stop_id: int | None,
    *,
    arrived_at: datetime | None = None,
    departed_at: datetime | None = None,
) -> RunRow:
    """The run with the times of one stop filled in; whoever has left had arrived."""

    def filled(stop: StopRow) -> StopRow:
        arrived = stop.arrived_at or arrived_at or departed_at
        return replace(stop, arrived_at=arrived, departed_at=stop.departed_at or departed_at)

    return replace(run, stops=tuple(filled(s) if s.id == stop_id else s for s in run.stops))


def _imply_arrival(run: RunRow, at: datetime) -> RunRow:
    """Standing at the door of the next stop is having arrived there."""
    index = next(i for i, s in enumerate(run.stops) if s.departed_at is None)
    stop = run.stops[index]
    if index == 0 or stop.kind == "return" or not _same_door(run.stops[index - 1], stop):
        return run
    return _mark(run, stop.id, arrived_at=at)


def _same_door(left: StopRow, following: StopRow) -> bool:
    return left.departed_at is not None and left.at_the_spot_of(following)


def _refused(run: RunRow, action: StepAction, stop_id: int | None, due: NextStep | None) -> StepRefusedError:
    where = f" at stop {stop_id}" if stop_id is not None else ""
    if due is None:
        return StepRefusedError(
            f"{run.number} is {run.status}: {action}{where} is no longer possible", "Fetch your runs again."
        )
    at_stop = f" at stop {due.stop_id}" if due.stop_id is not None else ""
    return StepRefusedError(
        f"{run.number}: {action}{where} is not the next step, {due.action}{at_stop} is",
        "Fetch the run again.",
    )
