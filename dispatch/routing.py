"""The routing model of OR-Tools over duties and nodes: the solver of record for a batch of requests.

Pairs stay optional even where nothing forces them to be: with mandatory pairs a ride limit written as a plain
constraint makes the first solution fail at once. The plan made by insertion is where the search begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from dispatch.book import Book
from dispatch.cost import PER_FEN
from dispatch.duties import RoutingDuty
from dispatch.nodes import Node, longest_ride
from dispatch.problem import Problem
from dispatch.visits import FAR, consent

TYPICAL_MIN = 5
"""The model has no price per change, so the one for telling people anew is spread over a typical delay."""
DEPOTS = 2
"""Each duty has a start and an end node of its own."""


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop: after so many solutions, at the latest after a time (s). The seed fixes all choices."""

    time_limit_s: float
    steps: int
    seed: int


@dataclass(frozen=True, slots=True)
class RoutingInput:
    """Duties and nodes; `routes` are node numbers per duty to begin with, pinned nodes in order."""

    book: Book
    duties: Sequence[RoutingDuty]
    nodes: Sequence[Node]
    routes: Sequence[Sequence[int]]

    def need(self, name: str, duty: int) -> int:
        """What the duty's run drives as it stands, in seconds ("wheel") or metres ("range")."""
        drive = self.book.drives.get(self.duties[duty].chain.run_id)
        if drive is None:
            return 0
        return drive.seconds if name == "wheel" else drive.metres


Routes = tuple[tuple[int, ...], ...]
"""Node numbers per duty in order of visiting."""


def solve(given: RoutingInput, effort: Effort) -> list[Routes]:
    """Every solution the search went through, each once; the caller, who knows the exact cost, picks."""
    return list(dict.fromkeys(_Model(given).solve(effort)))


class _Model:
    """One OR-Tools model, built, solved and thrown away."""

    def __init__(self, given: RoutingInput) -> None:
        self.given = given
        self.problem = given.book.problem
        self.first_depot = len(given.nodes)
        size = len(given.nodes) + DEPOTS * len(given.duties)
        starts = [self.first_depot + DEPOTS * d for d in range(len(given.duties))]
        ends = [start + 1 for start in starts]
        self.manager = pywrapcp.RoutingIndexManager(size, len(given.duties), starts, ends)
        self.model = pywrapcp.RoutingModel(self.manager)
        self.solver = self.model.solver()
        self.entry, self.exit = self._places()
        self._costs()
        self.time = self._time()
        self._places_in_car()
        self._driving()
        self._pairs()
        self._who_may()
        self._orders()
        self._stands()
        self._company()

    def _places(self) -> tuple[list[int], list[int]]:
        entry = [n.entry for n in self.given.nodes]
        leave = [n.exit for n in self.given.nodes]
        for duty in self.given.duties:
            entry += [duty.chain.location, duty.chain.vehicle.depot]
            leave += [duty.chain.location, duty.chain.vehicle.depot]
        return entry, leave

    def _matrix(self, value: Callable[[int, int], int]) -> int:
        size = len(self.entry)
        rows = [[value(a, b) for b in range(size)] for a in range(size)]
        return int(self.model.RegisterTransitMatrix(rows))

    def _index(self, node: int) -> int:
        return int(self.manager.NodeToIndex(node))

    def _costs(self) -> None:
        """Distance, dearer without passengers, and time; upgrades by class of car; taking out an idle car.

        The driver's time is priced on the way only: a price on the whole span beside soft time bounds makes
        OR-Tools schedule every route by linear programming, a hundred times slower here.
        """
        weights, metres = self.problem.params.weights, self.problem.travel.metres_rows
        seconds, per_s = self.problem.travel.seconds_rows, weights.driver_per_hour * PER_FEN // 3600
        nodes = self.given.nodes
        takes = [n.takes for n in nodes] + [0] * (len(self.entry) - len(nodes))
        by_class: dict[str, int] = {}
        for d, duty in enumerate(self.given.duties):
            vehicle_class = duty.chain.vehicle.vehicle_class
            if vehicle_class not in by_class:
                extra = [0] * len(self.entry)
                for k, node in enumerate(nodes):
                    steps = node.request.upgrade_steps(vehicle_class) or 0
                    extra[k] = (steps if node.takes >= 0 else 0) * weights.upgrade_per_step * PER_FEN
                    extra[k] += node.inner_m * weights.loaded_per_km

                def arc(a: int, b: int, extra: list[int] = extra) -> int:
                    loaded = takes[a] > 0 or takes[b] < 0
                    price = weights.loaded_per_km if loaded else weights.empty_per_km
                    leave, reach = self.exit[a], self.entry[b]
                    return metres[leave][reach] * price + seconds[leave][reach] * per_s + extra[b]

                by_class[vehicle_class] = self._matrix(arc)
            self.model.SetArcCostEvaluatorOfVehicle(by_class[vehicle_class], d)
            used = weights.vehicle_used * PER_FEN if duty.fresh else 0
            self.model.SetFixedCostOfVehicle(used + self.problem.params.early_s * per_s, d)

    def _time(self) -> Any:
        seconds, nodes = self.problem.travel.seconds_rows, self.given.nodes
        busy = [n.busy_s for n in nodes] + [0] * (len(self.entry) - len(nodes))
        horizon = max(d.chain.hi for d in self.given.duties)
        transit = self._matrix(lambda a, b: busy[a] + seconds[self.exit[a]][self.entry[b]])
        self.model.AddDimension(transit, horizon, horizon, False, "time")
        time = self.model.GetDimensionOrDie("time")
        for k, node in enumerate(nodes):
            time.CumulVar(self._index(k)).SetRange(max(0, node.earliest), min(node.latest, horizon))
            self._soft(time, k, node)
        for d, duty in enumerate(self.given.duties):
            latest = duty.chain.hi if duty.chain.waits else duty.chain.ready
            start, end = self.model.Start(d), self.model.End(d)
            time.CumulVar(start).SetRange(duty.chain.ready, max(latest, duty.chain.ready))
            time.CumulVar(end).SetRange(0, duty.chain.hi)
            overtime = self.problem.params.weights.overtime_per_hour * PER_FEN // 3600
            time.SetCumulVarSoftUpperBound(end, duty.shift_end, overtime)
            if duty.after is not None:
                earlier = time.CumulVar(self.model.End(duty.after))
                self.solver.Add(earlier <= time.CumulVar(start))
            if duty.anchor is not None:
                self.solver.Add(self.model.ActiveVehicleVar(d) <= self.model.ActiveVehicleVar(duty.anchor))
            self.model.AddVariableMaximizedByFinalizer(time.CumulVar(start))
            self.model.AddVariableMinimizedByFinalizer(time.CumulVar(end))
        return time

    def _soft(self, time: Any, k: int, node: Node) -> None:
        """What it costs to be near the limit, or later than people were told."""
        weights, latest = self.problem.params.weights, node.latest - self.problem.params.comfortable_slack_s
        per_min = weights.lateness_risk_per_min
        told = self.problem.told.get((node.request.id, node.visits[0].kind))
        if told is not None:
            latest = told
            per_min = weights.promise_later_per_min + weights.promise_changed // TYPICAL_MIN
        if node.latest < FAR and per_min:
            time.SetCumulVarSoftUpperBound(self._index(k), max(0, latest), per_min * PER_FEN // 60)

    def _load(self, name: str, need: Sequence[int], room: Sequence[int], aboard: Sequence[int]) -> Any:
        vector = [*need, *([0] * (len(self.entry) - len(need)))]
        evaluator = self.model.RegisterUnaryTransitVector(vector)
        self.model.AddDimensionWithVehicleCapacity(evaluator, 0, list(room), False, name)
        dimension = self.model.GetDimensionOrDie(name)
        for d, inside in enumerate(aboard):
            dimension.CumulVar(self.model.Start(d)).SetValue(inside)
        return dimension

    def _places_in_car(self) -> None:
        """Seats, luggage, wheelchairs for those who share; a trip of its own begins in an empty car."""
        nodes, duties = self.given.nodes, self.given.duties
        inside = [[self.problem.request[o.request_id] for o in duty.chain.aboard] for duty in duties]
        for name, need, room in (
            ("seats", [n.takes * n.request.persons for n in nodes], [d.chain.vehicle.seats for d in duties]),
            (
                "luggage",
                [n.takes * n.request.luggage for n in nodes],
                [d.chain.vehicle.luggage for d in duties],
            ),
            (
                "wheelchairs",
                [n.takes * n.request.wheelchairs for n in nodes],
                [d.chain.vehicle.wheelchairs for d in duties],
            ),
        ):
            field = {"seats": "persons"}.get(name, name)
            shared = [sum(getattr(r, field) for r in rs if r.sharing is not None) for rs in inside]
            if any(need):
                self._load(name, need, room, shared)
        shared = [sum(r.sharing is not None for r in rs) for rs in inside]
        company = self._load("company", [n.takes for n in nodes], [len(nodes)] * len(duties), shared)
        for k, node in enumerate(nodes):
            if node.alone:
                company.CumulVar(self._index(k)).SetValue(0)

    def _driving(self) -> None:
        """Hours at the wheel per driver and metres per car, over all their duties together."""
        nodes, duties, book = self.given.nodes, self.given.duties, self.given.book
        drivers = [self.problem.driver[d.chain.driver_id] for d in duties]
        vehicles = [d.chain.vehicle for d in duties]
        open_runs = {d.chain.run_id for d in duties}
        rest = book.without(open_runs)
        seconds, metres = self.problem.travel.seconds_rows, self.problem.travel.metres_rows
        wheel = {d.id: rest.driving_spare_s(d) for d in drivers}
        reach = {v.id: rest.range_spare_m(v) for v in vehicles}
        self._sums("wheel", [n.wheel_s for n in nodes], seconds, [d.id for d in drivers], wheel)
        if min(reach.values()) < FAR:
            self._sums("range", [n.inner_m for n in nodes], metres, [v.id for v in vehicles], reach)

    def _sums(
        self,
        name: str,
        inner: Sequence[int],
        rows: Sequence[Sequence[int]],
        owners: Sequence[str],
        room: Mapping[str, int],
    ) -> None:
        within = [*inner, *([0] * (len(self.entry) - len(inner)))]
        transit = self._matrix(lambda a, b: within[a] + rows[self.exit[a]][self.entry[b]])
        self.model.AddDimension(transit, 0, FAR, True, name)
        dimension = self.model.GetDimensionOrDie(name)
        ends: dict[str, list[Any]] = {}
        for d, owner in enumerate(owners):
            ends.setdefault(owner, []).append(dimension.CumulVar(self.model.End(d)))
        for owner, sums in ends.items():
            now = sum(self.given.need(name, d) for d, o in enumerate(owners) if o == owner)
            self.solver.Add(self.solver.Sum(sums) <= max(room[owner], now))

    def _pairs(self) -> None:
        """Both ends of a shared trip on one duty, in order and in time; open ones may stay unserved."""
        penalty = self.problem.params.weights.unserved * PER_FEN
        ons = {n.request.id: k for k, n in enumerate(self.given.nodes) if n.takes > 0}
        for k, node in enumerate(self.given.nodes):
            price = penalty * max(1, node.request.priority)
            if node.takes == 0 and node.duty is None:
                self.model.AddDisjunction([self._index(k)], price)
            if node.takes >= 0 or node.request.id not in ons:
                continue
            on, off = self._index(ons[node.request.id]), self._index(k)
            self.model.AddPickupAndDelivery(on, off)
            self.solver.Add(self.model.VehicleVar(on) == self.model.VehicleVar(off))
            limit = longest_ride(self.problem, self.given.nodes[ons[node.request.id]], node)
            self.solver.Add(self.time.CumulVar(off) - self.time.CumulVar(on) <= limit)
            self.solver.Add(self.time.CumulVar(on) <= self.time.CumulVar(off))
            if node.duty is None:
                self.model.AddDisjunction([on], price - price // 2)
                self.model.AddDisjunction([off], price // 2)
                self.solver.Add(self.model.ActiveVar(on) == self.model.ActiveVar(off))

    def _who_may(self) -> None:
        """Pinned nodes stay on their duty; others go where class, places and trip-of-its-own size allow."""
        for k, node in enumerate(self.given.nodes):
            if node.duty is not None:
                self.model.VehicleVar(self._index(k)).SetValue(node.duty)
                continue
            request = node.request
            allowed = [
                d
                for d, duty in enumerate(self.given.duties)
                if request.upgrade_steps(duty.chain.vehicle.vehicle_class) is not None
                and request.persons <= duty.chain.vehicle.seats
                and request.luggage <= duty.chain.vehicle.luggage
                and request.wheelchairs <= duty.chain.vehicle.wheelchairs
            ]
            self.model.VehicleVar(self._index(k)).SetValues([-1, *allowed])

    def _orders(self) -> None:
        """Dispatched stops keep their order; people who ride alone in a car under way get off first."""
        for a, b in self._dispatched_pairs():
            done = self.time.CumulVar(self._index(a)) + self.given.nodes[a].busy_s
            self.solver.Add(done <= self.time.CumulVar(self._index(b)))
        for d, duty in enumerate(self.given.duties):
            pinned = [k for k in self.given.routes[d] if self.given.nodes[k].duty == d]
            inside = {o.request_id for o in duty.chain.aboard}
            if (
                pinned
                and self.given.nodes[pinned[0]].alone
                and self.given.nodes[pinned[0]].request.id in inside
            ):
                self.solver.Add(self.model.NextVar(self.model.Start(d)) == self._index(pinned[0]))

    def _stands(self) -> None:
        """No long wait away from the depot, save between dispatched stops that have one already."""
        longest = self.problem.params.park_s
        free = {a for a, b in self._dispatched_pairs() if self._apart(a, b) > longest}
        for k in range(len(self.given.nodes)):
            if k not in free:
                self.time.SlackVar(self._index(k)).SetMax(longest)

    def _dispatched_pairs(self) -> list[tuple[int, int]]:
        nodes = self.given.nodes
        pinned = [[k for k in r if nodes[k].duty == d] for d, r in enumerate(self.given.routes)]
        return [pair for route in pinned for pair in pairwise(route)]

    def _apart(self, a: int, b: int) -> int:
        nodes = self.given.nodes
        return nodes[b].latest - nodes[a].earliest - nodes[a].busy_s

    def _company(self) -> None:
        """Two who share, but not with each other, are never in one car at the same time."""
        ends: dict[str, list[int]] = {}
        for k, node in enumerate(self.given.nodes):
            if not node.alone:
                ends.setdefault(node.request.id, []).append(self._index(k))
        sharers = [(self.problem.request[q], places) for q, places in ends.items() if len(places) == 2]
        for k, (a, (on_a, off_a)) in enumerate(sharers):
            for b, (on_b, off_b) in sharers[k + 1 :]:
                if consent(a, b) or not _may_meet(self.problem, a.id, b.id):
                    continue
                same = self.solver.IsEqualVar(self.model.VehicleVar(on_a), self.model.VehicleVar(on_b))
                first = self.solver.IsLessOrEqualVar(self.time.CumulVar(off_a), self.time.CumulVar(on_b))
                second = self.solver.IsLessOrEqualVar(self.time.CumulVar(off_b), self.time.CumulVar(on_a))
                self.solver.Add(same + self.model.ActiveVar(on_a) <= first + second + 1)

    def solve(self, effort: Effort) -> list[Routes]:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        )
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(int(effort.time_limit_s * 1000))
        parameters.solution_limit = effort.steps
        seen: list[Routes] = []
        self.model.AddAtSolutionCallback(lambda: seen.append(self._routes()))
        self.solver.ReSeed(effort.seed)
        self.model.CloseModelWithParameters(parameters)
        routes = [[self._index(k) for k in route] for route in self.given.routes]
        begin = self.model.ReadAssignmentFromRoutes(routes, True) if any(routes) else None
        if begin is None:
            self.model.SolveWithParameters(parameters)
        else:
            self.model.SolveFromAssignmentWithParameters(begin, parameters)
        return seen

    def _routes(self) -> Routes:
        return tuple(tuple(self._route(d)) for d in range(len(self.given.duties)))

    def _route(self, duty: int) -> Iterator[int]:
        index = self.model.NextVar(self.model.Start(duty)).Value()
        while not self.model.IsEnd(index):
            yield int(self.manager.IndexToNode(index))
            index = self.model.NextVar(index).Value()


def _may_meet(problem: Problem, a: str, b: str) -> bool:
    one, two = problem.request[a], problem.request[b]
    return (
        one.pickup_window.earliest < two.arrival_window.latest
        and two.pickup_window.earliest < one.arrival_window.latest
    )
