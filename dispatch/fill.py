"""From the routing model's node sequences back to runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch.book import Book
from dispatch.chain import Chain, lay
from dispatch.duties import RoutingDuty
from dispatch.visits import Visit

DRAFT = "draft:"
"""Ids of runs that are only proposed begin so while a plan is being made."""


def fill(book: Book, duties: Sequence[RoutingDuty], routes: Sequence[Sequence[Visit]]) -> Book | None:
    """The book with every duty's run re-made from its visits; None where one has no timetable."""
    runs = {run.id: run for run in book.runs}
    free_from: list[int] = []
    for number, (duty, visits) in enumerate(zip(duties, routes, strict=True)):
        begin = duty.chain.ready if duty.after is None else max(duty.chain.ready, free_from[duty.after])
        run = runs.pop(duty.chain.run_id, None)
        if tuple(visits) != duty.chain.visits:
            run = None
            if visits or duty.chain.run_id in book.problem.run:
                run = lay(book.problem, _from(duty.chain, begin), visits)
                if run is None:
                    return None
        if run is not None:
            name = run.id or f"{DRAFT}{number}"
            runs[name] = replace(run, id=name)
        free_from.append(begin if run is None else run.end)
    return Book(book.problem, tuple(runs.values()))


def _from(chain: Chain, begin: int) -> Chain:
    return replace(chain, ready=begin) if chain.waits else chain
