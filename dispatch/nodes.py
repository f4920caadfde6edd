"""Nodes of the routing model: a shared pick-up or drop-off, or a whole trip that is nobody else's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatch.chain import Chain
from dispatch.model import Request
from dispatch.problem import Problem
from dispatch.runs import StopKind
from dispatch.visits import FAR, Visit, ride_limit, visits_of


@dataclass(frozen=True, slots=True)
class Node:
    """Visits made one after another without leaving: enter at the first, leave from the last.

    `busy_s` from the start of the first until leaving the last, `wheel_s` and `inner_m` of it are driving.
    """

    request: Request
    visits: tuple[Visit, ...]
    earliest: int
    latest: int
    busy_s: int
    wheel_s: int
    inner_m: int
    duty: int | None
    """The duty it is pinned to; None for open requests."""

    @property
    def entry(self) -> int:
        return self.visits[0].location

    @property
    def exit(self) -> int:
        return self.visits[-1].location

    @property
    def alone(self) -> bool:
        return self.request.sharing is None

    @property
    def takes(self) -> int:
        """+1 where people get on to share, -1 where they get off, 0 for a trip of its own."""
        if self.alone:
            return 0
        return 1 if self.visits[0].kind is StopKind.PICKUP else -1


def open_nodes(problem: Problem, request: Request) -> list[Node]:
    """One node for a trip of its own, two for one that may be shared."""
    visits = visits_of(request)
    if request.sharing is None:
        return [block(problem, request, visits, None)]
    return [single(request, visit, None) for visit in visits]


def chain_nodes(problem: Problem, chain: Chain, duty: int, pinned: Iterable[str]) -> list[Node]:
    """The nodes of a run in order; those of requests not in `pinned` are open and may move away."""
    keep, nodes, k = set(pinned), list[Node](), 0
    while k < len(chain.visits):
        visit = chain.visits[k]
        request = problem.request[visit.request_id]
        where = duty if request.id in keep else None
        length = 1
        if request.sharing is None:
            length = sum(v.request_id == request.id for v in chain.visits[k:])
            nodes.append(block(problem, request, chain.visits[k : k + length], where))
        else:
            nodes.append(single(request, visit, where))
        k += length
    return nodes


def single(request: Request, visit: Visit, duty: int | None) -> Node:
    return Node(request, (visit,), visit.earliest, visit.latest, visit.service_s, 0, 0, duty)


def block(problem: Problem, request: Request, visits: Sequence[Visit], duty: int | None) -> Node:
    """A trip of its own: the times its start may have so that all its visits fall into their windows."""
    seconds, metres = problem.travel.seconds_rows, problem.travel.metres_rows
    first, *rest = visits
    earliest, latest, after = first.earliest, first.latest, first.service_s
    at, wheel, way = first.location, 0, 0
    for visit in rest:
        leg = seconds[at][visit.location]
        wheel, way, after = wheel + leg, way + metres[at][visit.location], after + leg
        latest = min(latest, visit.latest - after)
        earliest = max(earliest, min(visit.earliest - after, first.latest))
        after = max(after, visit.earliest - latest) + visit.service_s
        at = visit.location
    return Node(request, tuple(visits), earliest, latest, after, wheel, way, duty)


def longest_ride(problem: Problem, on: Node, off: Node) -> int:
    """Between starting service at a shared pick-up and at its drop-off: service, then the ride allowed."""
    request = on.request
    allowed = ride_limit(problem, request)
    told_on = problem.told.get((request.id, StopKind.PICKUP))
    told_off = problem.told.get((request.id, StopKind.DROPOFF))
    if told_on is not None and told_off is not None:
        allowed = max(allowed, told_off - told_on - request.board_s)
    return min(FAR, allowed + request.board_s)
