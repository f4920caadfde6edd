"""A simulated day through the whole product: nothing is lost and everything scripted is found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.demo import Demo

pytestmark = pytest.mark.faults


@dataclass(frozen=True)
class Day:
    """From when to when (Shanghai), in simulated seconds a second, and the rules that are broken in it."""

    start: str
    until: str
    rate: int
    broken: frozenset[str]


SATURDAY_MORNING = Day("2026-03-14T08:50", "2026-03-14T12:20", 60, frozenset({"R01", "R03", "R05"}))
FRIDAY_AND_SATURDAY = Day("2026-03-13T13:00", "2026-03-14T16:30", 60, frozenset({"R01", "R03", "R05", "R10"}))


def test_a_simulated_day_loses_nothing_books_nothing_twice_and_leaves_no_misconduct_unseen(
    demo: Callable[..., Demo], long: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """DESIGN 4.1, 4.2 and 5: the report of `motorpool demo --until`; false alarms are printed beside it."""
    day = FRIDAY_AND_SATURDAY if long else SATURDAY_MORNING
    running = demo("--rate", str(day.rate), "--start", day.start, "--until", day.until)
    report = running.wait_for_report()
    with capsys.disabled():
        sys.stdout.write(f"\n{running.output()}")
    assert report.stored.told > report.stored.told_jt808 > 0
    assert (report.stored.lost, report.stored.doubled, report.double_bookings) == (0, 0, 0)
    assert report.missed == []
    assert {rule.rule_code for rule in report.rules if rule.found} >= day.broken
