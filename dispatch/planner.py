"""The public questions: options for one request, a plan for all, this car by hand."""

from __future__ import annotations

from dispatch.problem import Problem
from dispatch.results import Blocked, Option, Plan, Proposal


def options(problem: Problem, request_id: str, limit: int = 3) -> tuple[Option, ...]:
    """The cheapest ways to serve one open request, best first, one per car; empty when nothing fits."""
    raise NotImplementedError


def propose(problem: Problem, request_id: str, limit: int = 3) -> Proposal:
    """Options, or why there is none."""
    raise NotImplementedError


def option_for(
    problem: Problem, request_id: str, vehicle_id: str, driver_id: str | None = None
) -> Option | Blocked:
    """Manual dispatch: this car (and driver), or the first constraint that keeps it from going."""
    raise NotImplementedError


def plan(problem: Problem, *, time_limit_s: float = 5.0, seed: int = 1) -> Plan:
    """All open requests together. The search stops by effort: one seed, one plan, unless time runs out."""
    raise NotImplementedError
