"""A plan as proposals: for each open request what the plan does with it, and what else could be done."""

from __future__ import annotations

from dataclasses import replace

from dispatch.answer import compared
from dispatch.book import Book
from dispatch.chain import lay, open_chain
from dispatch.cost import PER_FEN, Cost, run_cost
from dispatch.diagnosis import why_none
from dispatch.explain import with_reasons
from dispatch.fill import DRAFT
from dispatch.insertion import Candidate, best_per_vehicle
from dispatch.model import Request
from dispatch.option import make_option
from dispatch.results import Option, Proposal, Reason
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
    rest = _without(planned, request, run)
    way = Candidate(run, run.id if run.id in rest.drives else None, _added(rest, run))
    elsewhere = _locked(rest)
    others = [
        w
        for w in best_per_vehicle(elsewhere, request, planned.problem.vehicles)
        if w.run.vehicle_id != run.vehicle_id
    ]
    field = compared(elsewhere, request, [way, *others])
    chosen = [way, *others][:LIMIT]
    return Proposal(
        request.id,
        tuple(_named(with_reasons(rest, request, make_option(rest, request, w), field)) for w in chosen),
    )


def _without(planned: Book, request: Request, run: Run) -> Book:
    """The plan without this request: its run is as in force, gone, or left with the others it serves."""
    rest = planned.without([run.id])
    fellows = [q for q in run.request_ids if q != request.id and q not in planned.problem.run_of]
    before = planned.problem.run.get(run.id)
    if fellows:
        chain = open_chain(planned, run)
        visits = [v for v in chain.visits if v.request_id != request.id]
        before = lay(planned.problem, chain, visits) or before
    return rest if before is None else rest.put(before, None)


def _locked(rest: Book) -> Book:
    """Proposed runs closed to further changes, so that alternatives hold with or without them."""
    before = rest.problem.run
    return Book(
        rest.problem, tuple(r if before.get(r.id) == r else replace(r, locked=True) for r in rest.runs)
    )


def _added(rest: Book, run: Run) -> Cost:
    problem = rest.problem
    before = next((r for r in rest.runs if r.id == run.id), None)
    if before is not None:
        return run_cost(problem, run) - run_cost(problem, before)
    used = 0 if rest.vehicle_runs(run.vehicle_id) else problem.params.weights.vehicle_used * PER_FEN
    return run_cost(problem, run) + Cost(vehicle_used=used)


def _named(option: Option) -> Option:
    """Without the working names of runs that do not exist yet."""
    return replace(
        option,
        run=replace(option.run, id="") if option.run.id.startswith(DRAFT) else option.run,
        replaces=None if (option.replaces or "").startswith(DRAFT) else option.replaces,
        next_run_id="" if (option.next_run_id or "").startswith(DRAFT) else option.next_run_id,
        reasons=tuple(_without_draft(r) for r in option.reasons),
    )


def _without_draft(reason: Reason) -> Reason:
    run_id = str(reason.values.get("run_id", ""))
    return replace(reason, values={**reason.values, "run_id": ""}) if run_id.startswith(DRAFT) else reason
