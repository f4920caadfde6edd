"""How a case moves by itself (DOMAIN B2), and how results pair with what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from fleet.supervision.cases import Change, Standing, next_state, working_days_later
from fleet.supervision.context import Calendar
from fleet.supervision.revision import Recorded, revise
from tests.fleet.supervision.cases_at_hand import MARCH

FRIDAY = datetime(2026, 3, 13, 2, 0, tzinfo=UTC)
OPEN = Standing("red", explained=False, live=False)
EXPLAINED = Standing("red", explained=True, live=False)
DETECTED = Change("detected", "R01", "R01/1/x")
SUPERSEDED = Change("superseded", "R01", "R01/1/x")
WITHDRAWN = Change("withdrawn", "R01", "R01/1/x")
COMPLETED = Change("completed", "R01", "R01/1/x")


@pytest.mark.parametrize(
    ("status", "standing", "change", "expected"),
    [
        ("detected", [OPEN], DETECTED, "to_verify"),
        ("detected", [EXPLAINED], DETECTED, "auto_cleared"),
        ("detected", [OPEN, EXPLAINED], DETECTED, "to_verify"),
        ("to_verify", [OPEN], COMPLETED, "to_verify"),
        ("explain_requested", [OPEN], COMPLETED, "explain_requested"),
        ("explain_requested", [OPEN], SUPERSEDED, "to_verify"),
        ("confirmed", [OPEN], SUPERSEDED, "to_verify"),
        ("cleared", [OPEN], SUPERSEDED, "to_verify"),
        ("confirmed", [OPEN], COMPLETED, "confirmed"),
        ("to_verify", [], WITHDRAWN, "auto_cleared"),
        ("confirmed", [], WITHDRAWN, "to_verify"),
        ("auto_cleared", [OPEN], COMPLETED, "to_verify"),
        ("auto_cleared", [EXPLAINED], SUPERSEDED, "auto_cleared"),
    ],
)
def test_a_case_follows_its_findings(
    status: str, standing: list[Standing], change: Change, expected: str
) -> None:
    assert next_state(status, standing, [change], MARCH, FRIDAY).status == expected


def test_a_working_day_skips_the_weekend() -> None:
    assert working_days_later(MARCH, FRIDAY, 1) == FRIDAY + timedelta(days=3)


def test_a_deadline_does_not_fail_for_want_of_a_calendar() -> None:
    assert working_days_later(Calendar({}), FRIDAY, 1) == FRIDAY + timedelta(days=1)


@dataclass(frozen=True)
class Found:
    start: datetime
    end: datetime
    content: str
    kind: str = "R05"


def at(minute: int) -> datetime:
    return FRIDAY + timedelta(minutes=minute)


def row(number: int, start: int, end: int, content: str, *, provisional: bool = False) -> Recorded:
    return Recorded(number, "R05", at(start), at(end), provisional, 1, content)


def test_equal_content_needs_no_new_version() -> None:
    revision = revise([row(1, 0, 10, "a")], [Found(at(0), at(10), "a")])

    assert len(revision.kept) == 1
    assert not (revision.replaced or revision.added or revision.withdrawn)


def test_what_still_went_on_is_completed_and_what_had_ended_is_replaced() -> None:
    revision = revise(
        [row(1, 0, 10, "a", provisional=True), row(2, 60, 70, "b")],
        [Found(at(0), at(20), "A"), Found(at(58), at(70), "B")],
    )

    assert [recorded.id for recorded, _ in revision.completed] == [1]
    assert [recorded.id for recorded, _ in revision.replaced] == [2]


def test_a_finding_that_split_keeps_its_row_for_the_larger_part() -> None:
    revision = revise([row(1, 0, 60, "a")], [Found(at(0), at(5), "x"), Found(at(20), at(60), "y")])

    assert [(recorded.id, found.content) for recorded, found in revision.replaced] == [(1, "y")]
    assert [found.content for found in revision.added] == ["x"]


def test_what_is_no_longer_found_is_withdrawn_and_other_rules_are_no_substitute() -> None:
    revision = revise([row(1, 0, 10, "a")], [Found(at(0), at(10), "a", kind="R01")])

    assert [recorded.id for recorded in revision.withdrawn] == [1]
    assert len(revision.added) == 1
