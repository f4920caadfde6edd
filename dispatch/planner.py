"""All open requests together: insertion makes a first plan, routing improves it, the checker decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dispatch.book import Book
from dispatch.checker import check
from dispatch.cost import state_cost
from dispatch.duties import make_duties
from dispatch.errors import RuleBrokenError
from dispatch.fill import DRAFT, fill
from dispatch.insertion import best_per_vehicle
from dispatch.model import Request
from dispatch.nodes import Node, chain_nodes, open_nodes
from dispatch.problem import Problem
from dispatch.proposals import proposals
from dispatch.results import Plan, Solver
from dispatch.routing import Effort, solve
from dispatch.routing_model import RoutingInput
from dispatch.runs import Run

STEPS = 60
"""Solutions the search goes through by default; a few seconds for thirty requests and forty cars."""


def plan(problem: Problem, *, time_limit_s: float = 5.0, seed: int = 1, steps: int = STEPS) -> Plan:
    """All open requests together. The search ends after `steps`: one seed, one plan, if time suffices."""
    best, solver = insert_all(Book(problem, problem.runs), problem.open_requests), Solver.INSERTION
    check(problem, final_runs(best))
    refused: list[str] = []
    for found in routed(best, Effort(time_limit_s, steps, seed)):
        if total(found) >= total(best):
            continue
        try:
            check(problem, final_runs(found))
        except RuleBrokenError as error:
            refused.append(str(error))
            continue
        best, solver = found, Solver.ROUTING
    left = [r.id for r in unserved(best)]
    cost = state_cost(problem, best.runs, left)
    return Plan(proposals(best), final_runs(best), tuple(left), cost, solver, seed, tuple(refused))


def final_runs(book: Book) -> tuple[Run, ...]:
    """The runs without the working names of those that are only proposed."""
    return tuple(replace(r, id="") if r.id.startswith(DRAFT) else r for r in book.runs)


def insert_all(book: Book, requests: Iterable[Request]) -> Book:
    """Each request in turn where it is cheapest, the most important and most urgent first."""
    urgent = sorted(requests, key=lambda r: (-r.priority, r.pickup_window.latest, r.id))
    for request in urgent:
        ways = best_per_vehicle(book, request, book.problem.vehicles)
        if not ways:
            continue
        run, replaces = ways[0].run, ways[0].replaces
        book = book.put(run if run.id else replace(run, id=f"{DRAFT}{request.id}"), replaces)
    return book


def unserved(book: Book) -> list[Request]:
    served = {q for run in book.runs for q in run.request_ids}
    return [r for r in book.problem.requests if r.id not in served]


def total(book: Book) -> int:
    """The exact cost of the whole state, thousandths of a fen."""
    return state_cost(book.problem, book.runs, [r.id for r in unserved(book)]).total


def routed(book: Book, effort: Effort) -> Iterator[Book]:
    """The routing model's plans, begun from the book's; what one leaves out gets a last try by insertion."""
    problem = book.problem
    duties = make_duties(book, problem.open_requests)
    if not duties or not problem.open_requests:
        return
    nodes: list[Node] = []
    routes: list[range] = []
    for number, duty in enumerate(duties):
        before = len(nodes)
        nodes += chain_nodes(problem, duty.chain, number, problem.run_of)
        routes.append(range(before, len(nodes)))
    for request in unserved(book):
        nodes += open_nodes(problem, request)
    for found in solve(RoutingInput(book, duties, nodes, routes), effort):
        visits = [[visit for k in route for visit in nodes[k].visits] for route in found]
        filled = fill(book, duties, visits)
        if filled is not None:
            yield insert_all(filled, unserved(filled))
