"""An option's figures: what the card shows for one way of serving a request."""

from __future__ import annotations

from dispatch.book import Book
from dispatch.cost import Cost, drive_of, told_later
from dispatch.insertion import Candidate
from dispatch.model import Request
from dispatch.problem import Problem
from dispatch.results import Change, Option, Pooled
from dispatch.runs import Run, Stop, StopKind


def make_option(book: Book, request: Request, way: Candidate) -> Option:
    """The option for `request` that puts `way.run` in force over the book (reasons are added later)."""
    problem, run = book.problem, way.run
    on, off = _stop(run, request, StopKind.PICKUP), destination(run, request)
    following = book.put(run, way.replaces).following(run)
    before = book.drives[way.replaces] if way.replaces else None
    drive = drive_of(problem, run)
    return Option(
        request_id=request.id,
        run=run,
        replaces=way.replaces,
        serves=tuple(q for q in run.request_ids if q not in problem.run_of),
        arrive=on.arrive,
        on_time_slack_s=request.pickup_window.earliest - on.arrive,
        pickup_slack_s=request.pickup_window.latest - on.arrive,
        arrival_slack_s=request.arrival_window.latest - off.start,
        next_task_slack_s=None if following is None else following.start - run.end,
        next_run_id=None if following is None else following.id,
        empty_m=drive.empty_m - (before.empty_m if before else 0),
        distance_m=drive.metres - (before.metres if before else 0),
        cost=way.added,
        pooled=_pooled(problem, run, request),
        changes=tuple(Change(s.request_id, s.kind, old, new) for s, old, new in told_later(problem, run)),
    )


def _stop(run: Run, request: Request, kind: StopKind) -> Stop:
    return next(s for s in run.stops if s.request_id == request.id and s.kind is kind)


def destination(run: Run, request: Request) -> Stop:
    """The stop at which the people are where they wanted to go."""
    return _stop(run, request, StopKind.DROPOFF if request.hold is None else StopKind.WAIT)


def _pooled(problem: Problem, run: Run, request: Request) -> tuple[Pooled, ...]:
    ours = _ride(run, request.id)
    together = [q for q in run.request_ids if q != request.id and _meet(ours, _ride(run, q))]
    return tuple(Pooled(q, _detour(problem, run, request.id), _detour(problem, run, q)) for q in together)


def _ride(run: Run, request_id: str) -> tuple[int, int]:
    """When the people got on (left the stop) and were off again."""
    aboard = {o.request_id: o.departed for o in run.onboard}
    stops = [s for s in run.stops if s.request_id == request_id]
    on = aboard[request_id] if request_id in aboard else stops[0].depart
    return on, stops[-1].start


def _meet(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _detour(problem: Problem, run: Run, request_id: str) -> int:
    request = problem.request[request_id]
    on, off = _ride(run, request_id)
    return max(0, off - on - problem.travel.seconds_rows[request.pickup][request.dropoff])


def saved(option: Cost, alone: Cost) -> int:
    """Fen really paid that the first costs less than the second."""
    return alone.money_fen - option.money_fen
