"""All open requests together."""

from __future__ import annotations

from dispatch.problem import Problem
from dispatch.results import Plan


def plan(problem: Problem, *, time_limit_s: float = 5.0, seed: int = 1) -> Plan:
    """All open requests together. The search stops by effort: one seed, one plan, unless time runs out."""
    raise NotImplementedError
