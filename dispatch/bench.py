"""How fast answers come and how good plans are, each against a limit of the same run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from dispatch.answer import options
from dispatch.book import Book
from dispatch.cost import state_cost
from dispatch.darp import read
from dispatch.planner import insert_all, plan, total, unserved
from dispatch.problem import Problem
from dispatch.random_day import random_day

T = TypeVar("T")

INSTANCES = ("a2-16", "a3-18", "a2-24")
SEED = 1
ANSWERS = 300
"""How many options are asked for: enough for a 99th percentile."""
UNBOUNDED = 1 << 30
"""Search steps where only the time shall end the search."""


class DaySize(msgspec.Struct, frozen=True):
    """How large the made-up day is."""

    vehicles: int = 45
    dispatched: int = 60
    open: int = 30


class DayFigures(msgspec.Struct, frozen=True):
    """One day planned; times are of this process's CPU. Ratios below 1 are savings against insertion alone.

    `cost_ratio` is of the whole state with all its runs, `added_cost_ratio` of what the plan added to it.
    """

    vehicles: int
    dispatched: int
    open: int
    answers: int
    options_cpu_ms_p50: float
    options_cpu_ms_p99: float
    plan_cpu_s: float
    plan_s: float
    insertion_cpu_s: float
    solver: str
    unserved: int
    unserved_by_insertion: int
    cost_ratio: float
    added_cost_ratio: float


class InstanceFigures(msgspec.Struct, frozen=True):
    """One instance of the literature; the gap is per cent above the best known, None if somebody was left."""

    name: str
    requests: int
    served: int
    cost: float
    best_known: float
    gap_percent: float | None
    cpu_s: float


class Figures(msgspec.Struct, frozen=True):
    """What `motorpool bench dispatch` found with `seconds` of search for each plan."""

    seconds: float
    day: DayFigures
    instances: tuple[InstanceFigures, ...] = ()


def bench(seconds: float, instances: Path | None, size: DaySize) -> Figures:
    """Raises OSError or InvalidProblemError where `instances` does not hold what it should."""
    problem = random_day(SEED, size.vehicles, size.dispatched + size.open, size.dispatched)
    found = tuple(instance(instances, name, seconds) for name in INSTANCES) if instances else ()
    return Figures(seconds, day(problem, seconds), found)


def day(problem: Problem, seconds: float) -> DayFigures:
    """Every open request by itself, then all together, as the product does both."""
    answers = answer_ms(problem)
    insertion, insertion_cpu_s = cpu(lambda: insert_all(Book(problem, problem.runs), problem.open_requests))
    started = time.perf_counter()
    planned, plan_cpu_s = cpu(lambda: plan(problem, time_limit_s=seconds, seed=SEED))
    plan_s = time.perf_counter() - started
    before = state_cost(problem, problem.runs).total
    return DayFigures(
        vehicles=len(problem.vehicles),
        dispatched=len(problem.run_of),
        open=len(problem.open_requests),
        answers=len(answers),
        options_cpu_ms_p50=round(float(np.percentile(answers, 50)), 3),
        options_cpu_ms_p99=round(float(np.percentile(answers, 99)), 3),
        plan_cpu_s=round(plan_cpu_s, 3),
        plan_s=round(plan_s, 3),
        insertion_cpu_s=round(insertion_cpu_s, 3),
        solver=str(planned.solver),
        unserved=len(planned.unserved),
        unserved_by_insertion=len(unserved(insertion)),
        cost_ratio=round(planned.cost.total / total(insertion), 4),
        added_cost_ratio=round((planned.cost.total - before) / (total(insertion) - before), 4),
    )


def answer_ms(problem: Problem) -> list[float]:
    """CPU milliseconds of each answer, the open requests asked for in turn."""
    ids = itertools.cycle(r.id for r in problem.open_requests)
    count = max(len(problem.open_requests), ANSWERS)
    return [cpu(partial(options, problem, next(ids)))[1] * 1000 for _ in range(count)]


def instance(folder: Path, name: str, seconds: float) -> InstanceFigures:
    """One instance, searched for as long as `seconds` allow."""
    known = read(folder, name)
    planned, spent = cpu(lambda: plan(known.problem, time_limit_s=seconds, seed=SEED, steps=UNBOUNDED))
    requests = len(known.problem.requests)
    gap = round(known.gap_percent(planned), 3) + 0.0  # no minus before nothing
    return InstanceFigures(
        name=name,
        requests=requests,
        served=requests - len(planned.unserved),
        cost=round(known.cost(planned), 2),
        best_known=known.best_known,
        gap_percent=None if planned.unserved else gap,
        cpu_s=round(spent, 3),
    )


def cpu(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` returns, and the CPU seconds it took this process."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started
