"""Dial-a-ride instances of Cordeau and Ropke with proven optima, solved by the routing model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch import Solver, check, plan
from dispatch.darp import read

DARP = Path(__file__).parents[2].parent / "shared" / "data" / "darp"
GAP_PERCENT = 5.0
STEPS = 50
"""Solutions the search goes through: the result does not hang on how fast the machine is."""

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not DARP.is_dir(), reason=f"the dial-a-ride instances are not there: {DARP}"),
]


@pytest.mark.parametrize("name", ["a2-16", "a3-18", "a2-24"])
def test_routing_serves_everybody_within_a_few_percent_of_the_optimum(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    instance = read(DARP, name)

    plan_found = plan(instance.problem, time_limit_s=120, steps=STEPS)

    gap = instance.gap_percent(plan_found)
    record_property("gap_percent", round(gap, 2))
    print(f"{name}: {instance.cost(plan_found):.2f}, {gap:.2f} % above {instance.best_known}")  # noqa: T201
    check(instance.problem, plan_found.runs)
    assert not plan_found.unserved
    assert plan_found.solver is Solver.ROUTING
    assert gap <= GAP_PERCENT
