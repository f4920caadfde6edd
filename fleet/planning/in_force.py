"""A run in force as dispatch sees it: what was told, or what is now expected where the car is late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from dispatch import Onboard, Run, Stop, StopKind, Travel
from fleet.planning.snapshot import RequestFact, RunFact, StopFact

BOARD_S = 120
ALIGHT_S = 60
"""Time at a stop: getting in with luggage, getting out."""


@dataclass(frozen=True, slots=True)
class Sense:
    """How to read a snapshot's clock and places: second zero, now, rows of the travel matrix."""

    epoch: datetime
    now: int
    travel: Travel
    rows: dict[int, tuple[int, int]]
    """Row of the origin and of the destination, by request id."""

    def second(self, at: datetime) -> int:
        return round((at - self.epoch).total_seconds())


class Ahead(NamedTuple):
    """A stop not left yet, as it was told; `standing`: the car is there already."""

    stop: Stop
    standing: bool


def run_in_force(
    sense: Sense,
    run: RunFact,
    requests: dict[int, RequestFact],
    *,
    origin: int,
    position: int,
    depot: int,
    not_before: int,
) -> Run:
    """`run` with the stops the car has not left yet. A car that is late gives the times as now expected.

    It leaves after `not_before`, when car and driver are back from the run before. It holds them for as long
    as they are reserved, even where it could be home sooner.
    """
    started = run.status == "under_way"
    told = _ahead(sense, run, requests)
    at, free = origin, max(sense.second(run.planned_start), sense.now, not_before)
    start = free
    if started:
        at, free, start = position, sense.now, sense.second(run.started_at or run.planned_start)
    expected: list[Stop] = []
    for each in told:
        stop = _expected(sense, each, free + int(sense.travel.seconds[at, each.stop.location]))
        # where a started run heads, it goes: only what comes after may change
        expected.append(replace(stop, fixed=started and not expected))
        at, free = stop.location, stop.depart
    home = free + int(sense.travel.seconds[at, depot])
    return Run(
        id=str(run.id),
        vehicle_id=str(run.vehicle_id),
        driver_id=str(run.driver_id),
        origin=origin,
        start=start,
        stops=tuple(expected),
        end=max(sense.second(run.reserved_until), home, sense.now),
        started=started,
        locked=run.locked,
        onboard=_on_board(sense, run, expected),
    )


def _expected(sense: Sense, ahead: Ahead, reached: int) -> Stop:
    """The stop, later by as much as the car cannot keep to it."""
    stop = ahead.stop
    if ahead.standing:
        return replace(stop, depart=max(stop.depart, sense.now + 1))
    arrive = max(stop.arrive, reached)
    start = max(stop.start, arrive)
    return replace(stop, arrive=arrive, start=start, depart=start + stop.depart - stop.start)


def _ahead(sense: Sense, run: RunFact, requests: dict[int, RequestFact]) -> list[Ahead]:
    """The stops not left yet. The stay of a round trip is two stops of ours and one of dispatch."""
    ahead: list[Ahead] = []
    for index, stop in enumerate(run.stops):
        if stop.request_id is None:
            continue
        back = _way_back(run, index) if requests[stop.request_id].round_trip else None
        if back is not None and back.departed_at is None:
            ahead.append(_stay(sense, stop, back))
        elif stop.departed_at is None and not (stop.kind == "pickup" and _is_second(run, index)) and not back:
            ahead.append(_visit(sense, stop, on_way_back=_is_second(run, index)))
    return ahead


def _way_back(run: RunFact, index: int) -> StopFact | None:
    """For the outward drop-off of a round trip, the pick-up where the same people get in again."""
    stop = run.stops[index]
    if stop.kind != "dropoff":
        return None
    later = run.stops[index + 1 :]
    return next((s for s in later if s.request_id == stop.request_id and s.kind == "pickup"), None)


def _is_second(run: RunFact, index: int) -> bool:
    stop = run.stops[index]
    return any(s.request_id == stop.request_id and s.kind == stop.kind for s in run.stops[:index])


def _visit(sense: Sense, stop: StopFact, *, on_way_back: bool) -> Ahead:
    origin, destination = sense.rows[_of(stop)]
    if stop.kind == "pickup":
        kind, location, service = StopKind.PICKUP, origin, BOARD_S
    else:
        kind, location, service = StopKind.DROPOFF, origin if on_way_back else destination, ALIGHT_S
    arrive = sense.second(stop.arrived_at or stop.planned_arrival)
    start = max(sense.second(stop.planned_departure) - service, arrive)
    visit = Stop(str(stop.request_id), kind, location, arrive, start, start + service)
    return Ahead(visit, stop.arrived_at is not None)


def _stay(sense: Sense, outward: StopFact, back: StopFact) -> Ahead:
    _, destination = sense.rows[_of(outward)]
    arrive = sense.second(outward.arrived_at or outward.planned_arrival)
    start = max(sense.second(outward.planned_departure) - ALIGHT_S, arrive)
    stay = sense.second(back.planned_departure) - sense.second(outward.planned_departure) + ALIGHT_S
    wait = Stop(str(outward.request_id), StopKind.WAIT, destination, arrive, start, start + stay)
    return Ahead(wait, outward.arrived_at is not None)


def _of(stop: StopFact) -> int:
    if stop.request_id is None:
        raise ValueError(f"stop {stop.id} is a return to the bay, it serves nobody")
    return stop.request_id


def _on_board(sense: Sense, run: RunFact, ahead: list[Stop]) -> tuple[Onboard, ...]:
    """People whose pick-up is behind and whose (last) drop-off is ahead."""
    picked = {s.request_id for s in ahead if s.kind is StopKind.PICKUP}
    to_drop = {s.request_id for s in ahead if s.kind is StopKind.DROPOFF} - picked
    departed: dict[str, int] = {}
    for stop in run.stops:
        if stop.kind == "pickup" and stop.departed_at is not None:
            departed.setdefault(str(stop.request_id), sense.second(stop.departed_at))
    return tuple(Onboard(q, departed[q]) for q in departed if q in to_drop)
