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


def place_stops(have: Sequence[StopRow], plan: Sequence[ProposedStop]) -> list[Placed]:
    """Places of the plan's stops after those the run has made; a made stop named by the plan is left out.

    The plan names what lies ahead, so of several stops of one request and kind it means the last ones.
    """
    made = [s for s in have if s.departed_at is not None]
    wanted = Counter((s.kind, s.request_id) for s in plan)
    seen: Counter[tuple[str, int | None]] = Counter()
    placed: list[Placed] = []
    place = len(made)
    for stop in plan:
        key = (stop.kind, stop.request_id)
        existing = _nth_from_end([s for s in have if (s.kind, s.request_id) == key], wanted[key] - seen[key])
        seen[key] += 1
        if existing is not None and existing.departed_at is not None:
            continue
        place += 1
        placed.append(Placed(existing.id if existing else None, place, stop))
    return placed


def _nth_from_end(stops: Sequence[StopRow], n: int) -> StopRow | None:
    return stops[-n] if n <= len(stops) else None
