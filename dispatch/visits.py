"""The visits a request needs, with the times that bind each of them."""

from __future__ import annotations

from typing import NamedTuple

from dispatch.model import Request
from dispatch.problem import Problem
from dispatch.runs import Stop, StopKind

FAR = 1 << 40
"""A time that never comes: stands for "no limit" in seconds or metres."""


class Visit(NamedTuple):
    """One stop still to be timed: service may begin within [earliest, latest] and takes `service_s`."""

    request_id: str
    kind: StopKind
    location: int
    earliest: int
    latest: int
    service_s: int


def visits_of(request: Request) -> tuple[Visit, ...]:
    """The visits of an open request, in order: pick-up, (wait,) drop-off."""
    wanted, arrival = request.pickup_window, request.arrival_window
    pickup = Visit(
        request.id, StopKind.PICKUP, request.pickup, wanted.earliest, wanted.latest, request.board_s
    )
    if request.hold is None:
        kind, stay = StopKind.DROPOFF, request.alight_s
    else:
        kind, stay = StopKind.WAIT, request.alight_s + request.hold.wait_s + request.board_s
    there = Visit(request.id, kind, request.dropoff, arrival.earliest, arrival.latest, stay)
    if request.hold is None:
        return pickup, there
    back = Visit(request.id, StopKind.DROPOFF, request.hold.return_to, wanted.earliest, FAR, request.alight_s)
    return pickup, there, back


def promised(request: Request, stop: Stop) -> Visit:
    """The visit of a dispatched request: never picked up before the told time, never later than promised.

    Where the run is late already, the time now expected takes the place of the promise.
    """
    visit = next(v for v in visits_of(request) if v.kind is stop.kind)
    earliest = max(visit.earliest, stop.start) if stop.kind is StopKind.PICKUP else visit.earliest
    return visit._replace(earliest=earliest, latest=max(visit.latest, stop.start))


def ride_limit(problem: Problem, request: Request) -> int:
    """The longest time (s) between leaving the pick-up and service at the (outward) destination.

    Alone, people ride directly and wait in the car only where their own windows force them to.
    """
    direct = problem.travel.seconds_rows[request.pickup][request.dropoff]
    if request.sharing is not None:
        return direct + request.sharing.detour_s
    latest_arrival = request.pickup_window.latest + request.board_s + direct
    return direct + max(0, request.arrival_window.earliest - latest_arrival)


def consent(a: Request, b: Request) -> bool:
    """Whether both agree to be in one car with each other."""
    if a.sharing is None or b.sharing is None:
        return False
    if a.sharing.own_organisation_only or b.sharing.own_organisation_only:
        return a.organisation == b.organisation
    return True
