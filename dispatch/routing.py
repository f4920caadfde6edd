"""The routing solver of OR-Tools over duties and nodes: the solver of record for a batch of requests.

The search begins at the plan made by insertion. Open requests stay optional, at a price: a longest ride as a
plain constraint on mandatory pairs leaves OR-Tools without a first solution.
"""

from __future__ import annotations

from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from dispatch.routing_costs import add_costs
from dispatch.routing_model import Frame, Routes, RoutingInput
from dispatch.routing_rules import (
    add_consent,
    add_driving,
    add_order,
    add_pairs,
    add_places,
    add_time,
    add_who_may,
)


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop: after so many solutions, at the latest after a time (s). The seed fixes all choices."""

    time_limit_s: float
    steps: int
    seed: int


def solve(given: RoutingInput, effort: Effort) -> list[Routes]:
    """Every solution the search went through, each once; the caller, who knows the exact cost, picks."""
    frame = _model(given)
    parameters = _parameters(effort)
    seen: list[Routes] = []
    frame.model.AddAtSolutionCallback(lambda: seen.append(frame.routes()))
    frame.solver.ReSeed(effort.seed)
    frame.model.CloseModelWithParameters(parameters)
    routes = [[frame.index(k) for k in route] for route in given.routes]
    begin = frame.model.ReadAssignmentFromRoutes(routes, True) if any(routes) else None
    if begin is None:
        frame.model.SolveWithParameters(parameters)
    else:
        frame.model.SolveFromAssignmentWithParameters(begin, parameters)
    return list(dict.fromkeys(seen))


def _model(given: RoutingInput) -> Frame:
    frame = Frame(given)
    time = add_time(frame)
    add_costs(frame, time)
    add_places(frame)
    add_driving(frame)
    add_pairs(frame, time)
    add_who_may(frame)
    add_order(frame, time)
    add_consent(frame, time)
    return frame


def _parameters(effort: Effort) -> pywrapcp.RoutingSearchParameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first, search = routing_enums_pb2.FirstSolutionStrategy, routing_enums_pb2.LocalSearchMetaheuristic
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = search.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(effort.time_limit_s * 1000))
    parameters.solution_limit = effort.steps
    return parameters
