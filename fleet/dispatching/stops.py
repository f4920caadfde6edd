"""Fit the stops of a new plan onto those a run has: what was made stays, what stays keeps its id. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fleet.dispatching.model import StopRow
from schemas.api.proposals import ProposedStop


@dataclass(frozen=True, slots=True)
class Placed:
    """A stop of the plan and where it goes: the id it has already, None for a new one."""

    stop_id: int | None
    place_in_run: int
    stop: ProposedStop


def still_fits(have: Sequence[StopRow], plan: Sequence[ProposedStop]) -> bool:
    """Whether what the driver has done since the plan was made leaves its order possible.

    Stops made meanwhile must come first in it: nothing can be put in before a stop that is behind the car.
    """
    made = [stop is not None and stop.departed_at is not None for stop in _known(have, plan)]
    return made == sorted(made, reverse=True)


def place_stops(have: Sequence[StopRow], plan: Sequence[ProposedStop]) -> list[Placed]:
    """Places of the plan's stops after those the run has made; a made stop named by the plan is left out."""
    first = sum(s.departed_at is not None for s in have) + 1
    ahead = [
        (known, stop)
        for known, stop in zip(_known(have, plan), plan, strict=True)
        if known is None or known.departed_at is None
    ]
    return [
        Placed(known.id if known else None, place, stop) for place, (known, stop) in enumerate(ahead, first)
    ]


def _known(have: Sequence[StopRow], plan: Sequence[ProposedStop]) -> list[StopRow | None]:
    """For each stop of the plan the one the run has already, None for a new one.

    The plan names what lies ahead, so of several stops of one request and kind it means the last ones.
    """
    wanted = Counter((s.kind, s.request_id) for s in plan)
    known: list[StopRow | None] = []
    for stop in plan:
        key = (stop.kind, stop.request_id)
        existing = [s for s in have if (s.kind, s.request_id) == key]
        known.append(existing[-wanted[key]] if wanted[key] <= len(existing) else None)
        wanted[key] -= 1
    return known
