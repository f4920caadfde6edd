"""The OR-Tools model as a frame: nodes, duties, dimensions. Its rules are in routing_rules.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ortools.constraint_solver import pywrapcp

from dispatch.book import Book
from dispatch.duties import RoutingDuty
from dispatch.nodes import Node
from dispatch.visits import FAR

DEPOTS = 2
"""Each duty has a start and an end node of its own."""

Routes = tuple[tuple[int, ...], ...]
"""Node numbers per duty in order of visiting."""


@dataclass(frozen=True, slots=True)
class RoutingInput:
    """Duties and nodes; `routes` are node numbers per duty to begin with, pinned nodes in order."""

    book: Book
    duties: Sequence[RoutingDuty]
    nodes: Sequence[Node]
    routes: Sequence[Sequence[int]]

    def pinned(self, duty: int) -> list[int]:
        """The nodes that are dispatched on this duty, in order."""
        return [k for k in self.routes[duty] if self.nodes[k].duty == duty]

    def need(self, name: str, duty: int) -> int:
        """What the duty's run drives as it stands, in seconds ("wheel") or metres ("range")."""
        drive = self.book.drives.get(self.duties[duty].chain.run_id)
        if drive is None:
            return 0
        return drive.seconds if name == "wheel" else drive.metres


class Frame:
    """One OR-Tools model, built, solved and thrown away. Node k of the input has index `index(k)`."""

    def __init__(self, given: RoutingInput) -> None:
        self.given = given
        self.problem = given.book.problem
        duties, count = given.duties, len(given.nodes)
        self.depots = DEPOTS * len(duties)
        starts = [count + DEPOTS * d for d in range(len(duties))]
        self.manager = pywrapcp.RoutingIndexManager(
            count + self.depots, len(duties), starts, [start + 1 for start in starts]
        )
        self.model = pywrapcp.RoutingModel(self.manager)
        self.solver = self.model.solver()
        depots = [at for d in duties for at in (d.chain.location, d.chain.vehicle.depot)]
        self.entry = [n.entry for n in given.nodes] + depots
        self.exit = [n.exit for n in given.nodes] + depots

    def index(self, node: int) -> int:
        return int(self.manager.NodeToIndex(node))

    def vehicle(self, node: int) -> Any:
        return self.model.VehicleVar(self.index(node))

    def per_node(self, values: Sequence[int]) -> list[int]:
        """The values, and nothing for the depots."""
        return [*values, *([0] * self.depots)]

    def matrix(self, value: Callable[[int, int], int]) -> int:
        """A transit from the exit of one node to the entry of the next."""
        size = len(self.entry)
        return int(
            self.model.RegisterTransitMatrix([[value(a, b) for b in range(size)] for a in range(size)])
        )

    def between(self, rows: Sequence[Sequence[int]], inner: Sequence[int]) -> int:
        """The transit that is travel by `rows`, after what happens within the first node."""
        within = self.per_node(inner)
        return self.matrix(lambda a, b: within[a] + rows[self.exit[a]][self.entry[b]])

    def dimension(self, transit: int, slack: int, most: int, from_zero: bool, name: str) -> Any:
        self.model.AddDimension(transit, slack, most, from_zero, name)
        return self.model.GetDimensionOrDie(name)

    def load(self, name: str, need: Sequence[int], room: Sequence[int], aboard: Sequence[int]) -> Any:
        """A load taken on and off at nodes, within the room of each duty, some of it aboard at the start."""
        evaluator = self.model.RegisterUnaryTransitVector(self.per_node(need))
        self.model.AddDimensionWithVehicleCapacity(evaluator, 0, list(room), False, name)
        dimension = self.model.GetDimensionOrDie(name)
        for d, inside in enumerate(aboard):
            dimension.CumulVar(self.model.Start(d)).SetValue(inside)
        return dimension

    def at_most_together(
        self, name: str, transit: int, owners: Sequence[str], room: Mapping[str, int]
    ) -> None:
        """What the duties of one owner add up to stays within its room (or what they need already)."""
        dimension = self.dimension(transit, 0, FAR, True, name)
        ends: dict[str, list[Any]] = {}
        for d, owner in enumerate(owners):
            ends.setdefault(owner, []).append(dimension.CumulVar(self.model.End(d)))
        for owner, sums in ends.items():
            now = sum(self.given.need(name, d) for d, o in enumerate(owners) if o == owner)
            self.solver.Add(self.solver.Sum(sums) <= max(room[owner], now))

    def routes(self) -> Routes:
        """The routes of the solution the search is at."""
        return tuple(tuple(self._route(d)) for d in range(len(self.given.duties)))

    def _route(self, duty: int) -> Iterator[int]:
        index = self.model.NextVar(self.model.Start(duty)).Value()
        while not self.model.IsEnd(index):
            yield int(self.manager.IndexToNode(index))
            index = self.model.NextVar(index).Value()
