"""Travel times between spots: remembered, read from the database, asked of the roads, or estimated."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from dispatch import Travel
from fleet.planning.errors import RouterDownError, RouterRefusedError
from fleet.planning.router import Leg, Router
from fleet.planning.spots import Spot, straight_m

log = structlog.get_logger()

Pair = tuple[Spot, Spot]

ESTIMATED_SPEED_KMH = 25
DETOUR_FACTOR = 1.35
"""Roads against the straight line."""
UNREACHABLE = Leg(7 * 24 * 3600, 10_000_000)
PAIRS_AT_ONCE = 2_500
REMEMBERED_PAIRS = 500_000


@dataclass(frozen=True, slots=True)
class Legs:
    """Travel between spots, and which pairs are only estimated because the roads did not answer."""

    travel: Travel
    estimated: frozenset[tuple[int, int]]


def estimate(a: Spot, b: Spot) -> Leg:
    """A leg by straight line, for the time while the road network is down."""
    metres = straight_m(a, b) * DETOUR_FACTOR
    return Leg(math.ceil(metres / ESTIMATED_SPEED_KMH * 3.6), round(metres))


class TravelTimes:
    """Remembers what the roads answered; `learn` adds what the database remembers."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._legs: dict[Pair, Leg] = {}

    def missing(self, sources: Iterable[Spot], targets: Sequence[Spot]) -> set[Pair]:
        """Pairs nothing is known about yet."""
        return {(a, b) for a in sources for b in targets if a != b and (a, b) not in self._legs}

    def learn(self, legs: dict[Pair, Leg]) -> None:
        if len(self._legs) + len(legs) > REMEMBERED_PAIRS:
            self._legs.clear()
        self._legs.update(legs)

    async def ask(self, pairs: set[Pair]) -> dict[Pair, Leg]:
        """Ask the roads about `pairs` and remember the answers; {} while they do not answer.

        A place without a road near it is unreachable; it does not spoil the answer for the others.
        """
        learnt: dict[Pair, Leg] = {}
        try:
            for sources, targets in rectangles(pairs):
                learnt |= await self._rectangle(sources, targets)
        except RouterDownError as error:
            log.warning("travel times are estimated by straight line", error=error.detail)
        self.learn(learnt)
        return learnt

    async def _rectangle(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> dict[Pair, Leg]:
        try:
            rows = await self._router.matrix(sources, targets)
        except RouterRefusedError:
            return await self._in_halves(sources, targets)
        return {
            (a, b): leg or UNREACHABLE
            for a, row in zip(sources, rows, strict=True)
            for b, leg in zip(targets, row, strict=True)
            if a != b
        }

    async def _in_halves(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> dict[Pair, Leg]:
        if len(sources) == 1 and len(targets) == 1:
            return {(sources[0], targets[0]): UNREACHABLE}
        if len(sources) >= len(targets):
            half = len(sources) // 2
            parts = [(sources[:half], targets), (sources[half:], targets)]
        else:
            half = len(targets) // 2
            parts = [(sources, targets[:half]), (sources, targets[half:])]
        return (await self._rectangle(*parts[0])) | (await self._rectangle(*parts[1]))

    def legs(self, spots: Sequence[Spot], wanted: set[Pair], names: tuple[str, ...]) -> Legs:
        """The square over `spots`; pairs outside `wanted` are never driven and filled with an estimate."""
        size = len(spots)
        seconds, metres = np.zeros((size, size), dtype=np.int64), np.zeros((size, size), dtype=np.int64)
        estimated: set[tuple[int, int]] = set()
        for i, a in enumerate(spots):
            for j, b in enumerate(spots):
                if a == b:
                    continue
                leg = self._legs.get((a, b))
                if leg is None:
                    leg = estimate(a, b)
                    if (a, b) in wanted:
                        estimated.add((i, j))
                seconds[i, j], metres[i, j] = leg
        return Legs(Travel(seconds, metres, names), frozenset(estimated))


def rectangles(pairs: set[Pair]) -> Iterator[tuple[list[Spot], list[Spot]]]:
    """Cover `pairs` by sources x targets: sources that ask for the same targets go together.

    From a spot to itself nothing is missing, but asking for it too lets a whole square go as one.
    """
    targets_of: defaultdict[Spot, set[Spot]] = defaultdict(set)
    for a, b in pairs:
        targets_of[a].add(b)
    keys = {a: (frozenset(targets), frozenset({*targets, a})) for a, targets in targets_of.items()}
    shared = Counter(key for both in keys.values() for key in both)
    alike: defaultdict[frozenset[Spot], list[Spot]] = defaultdict(list)
    for a, both in keys.items():
        alike[max(both, key=lambda key: shared[key])].append(a)
    for wanted, sources in alike.items():
        targets_in_order = sorted(wanted)
        for first in range(0, len(targets_in_order), PAIRS_AT_ONCE):
            part = targets_in_order[first : first + PAIRS_AT_ONCE]
            rows = max(1, PAIRS_AT_ONCE // len(part))
            for start in range(0, len(sources), rows):
                yield sorted(sources[start : start + rows]), part
