from __future__ import annotations

from collections.abc import Sequence

from dispatch.problem import Problem
from dispatch.runs import Run


def check(problem: Problem, runs: Sequence[Run]) -> None:
    """Raise RuleBrokenError if `runs`, as the whole state after confirming, break any rule of `problem`."""
    raise NotImplementedError
