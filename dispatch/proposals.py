"""A plan as proposals: for each open request what the plan does with it, and what else could be done."""

from __future__ import annotations

from dataclasses import replace

from dispatch.answer import compared
from dispatch.book import Book
from dispatch.cost import PER_FEN, Cost, run_cost
from dispatch.diagnosis import why_none
from dispatch.explain import with_reasons
from dispatch.fill import DRAFT
from dispatch.insertion import Candidate, best_per_vehicle
from dispatch.model import Request
from dispatch.option import make_option
from dispatch.problem import Problem
from dispatch.results import Option, Proposal
from dispatch.runs import Run

LIMIT = 3


def proposals(planned: Book) -> tuple[Proposal, ...]:
    """One per open request, the soonest pick-up first. Alternatives leave alone what the plan changes."""
    problem = planned.problem
    serving = {q: run for run in planned.runs for q in run.request_ids}
    ordered = sorted(problem.open_requests, key=lambda r: (r.pickup_window.latest, r.id))
    return tuple(_proposal(planned, r, serving.get(r.id)) for r in ordered)


def _proposal(planned: Book, request: Request, run: Run | None) -> Proposal:
    if run is None:
        return Proposal(request.id, (), why_none(planned, request))
    rest = _without(planned, run)
    way = Candidate(run, run.id if run.id in planned.problem.run else None, _added(rest, run))
    elsewhere = _locked(rest)
    ways = best_per_vehicle(elsewhere, request, planned.problem.vehicles)
    field = compared(elsewhere, request, [way, *(w for w in ways if w.run.vehicle_id != run.vehicle_id)])
    chosen = [way, *(w for w in ways if w.run.vehicle_id != run.vehicle_id)][:LIMIT]
    return Proposal(
        request.id,
        tuple(_named(with_reasons(rest, request, make_option(rest, request, w), field)) for w in chosen),
    )


def _without(planned: Book, run: Run) -> Book:
    """The plan as if this run were not proposed: new runs go, changed ones are as in force."""
    rest = planned.without([run.id])
    before = planned.problem.run.get(run.id)
    return rest if before is None else rest.put(before, None)


def _locked(rest: Book) -> Book:
    """Proposed runs closed to further changes, so that alternatives hold with or without them."""
    before = rest.problem.run
    return Book(
        rest.problem, tuple(r if before.get(r.id) == r else replace(r, locked=True) for r in rest.runs)
    )


def _added(rest: Book, run: Run) -> Cost:
    problem: Problem = rest.problem
    if run.id in problem.run:
        return run_cost(problem, run) - run_cost(problem, problem.run[run.id])
    used = 0 if rest.vehicle_runs(run.vehicle_id) else problem.params.weights.vehicle_used * PER_FEN
    return run_cost(problem, run) + Cost(vehicle_used=used)


def _named(option: Option) -> Option:
    """Without the working names of runs that do not exist yet."""
    run = replace(option.run, id="") if option.run.id.startswith(DRAFT) else option.run
    following = option.next_run_id
    return replace(
        option, run=run, next_run_id="" if following and following.startswith(DRAFT) else following
    )
