"""When to be where: the earliest feasible times of a fixed sequence of visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dispatch.visits import Visit


class Ride(NamedTuple):
    """Between leaving visit `on` and service at visit `off` at most `limit_s` may pass."""

    on: int
    off: int
    limit_s: int


def earliest_starts(
    visits: Sequence[Visit], legs: Sequence[int], ready: int, rides: Sequence[Ride]
) -> list[int] | None:
    """Start of service per visit, each as early as all limits allow; None where the sequence cannot be kept.

    `legs[k]` is the travel time to visit k from the one before (from where the car is ready, for k = 0).
    Riding too long is cured by picking up later, so pick-ups are pushed back until nothing changes: the least
    fixed point, which exists exactly when any timetable does.
    """
    starts = [0] * len(visits)
    if not _push(visits, legs, starts, 0, ready):
        return None
    settled = False
    while not settled:
        settled = True
        for on, off, limit_s in rides:
            needed = starts[off] - limit_s - visits[on].service_s
            if starts[on] >= needed:
                continue
            settled = False
            if needed > visits[on].latest:
                return None
            starts[on] = needed
            if not _push(visits, legs, starts, on + 1, needed + visits[on].service_s):
                return None
    return starts


def _push(visits: Sequence[Visit], legs: Sequence[int], starts: list[int], first: int, ready: int) -> bool:
    for k in range(first, len(visits)):
        visit = visits[k]
        start = max(ready + legs[k], visit.earliest, starts[k])
        if start > visit.latest:
            return False
        if k > first and start == starts[k]:
            return True
        starts[k] = start
        ready = start + visit.service_s
    return True
