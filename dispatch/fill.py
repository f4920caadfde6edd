"""From the routing model's node sequences back to runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch.book import Book
from dispatch.chain import Chain, lay
from dispatch.visits import Visit

DRAFT = "draft:"
"""Ids of runs that are only proposed begin so while a plan is being made."""


def fill(book: Book, chains: Sequence[Chain], routes: Sequence[Sequence[Visit]]) -> Book | None:
    """The book with every duty's run re-made from its visits; None where one has no timetable."""
    runs = {run.id: run for run in book.runs}
    for number, (chain, visits) in enumerate(zip(chains, routes, strict=True)):
        if tuple(visits) == chain.visits:
            continue
        runs.pop(chain.run_id, None)
        if not visits and chain.run_id not in book.problem.run:
            continue
        run = lay(book.problem, chain, visits)
        if run is None:
            return None
        name = run.id or f"{DRAFT}{number}"
        runs[name] = replace(run, id=name)
    return Book(book.problem, tuple(runs.values()))
