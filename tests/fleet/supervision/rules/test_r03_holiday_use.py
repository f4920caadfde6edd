"""R03 节假日用车."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fleet.supervision.evaluation import evaluate
from fleet.supervision.rules.catalogue import BY_CODE
from tests.fleet.supervision.cases_at_hand import context_of, found, minutes, order
from tests.fleet.supervision.drives import Drive

SATURDAY = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)
FRIDAY_EVENING = datetime(2026, 3, 13, 15, 20, tzinfo=UTC)  # 23:20 in Asia/Shanghai
HOLIDAY = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)


def outing(start: datetime, metres: float = 3_000) -> Drive:
    return Drive(time=start, interval_s=5, noise_m=1).park(30).drive(metres, 30).park(40)


@pytest.mark.parametrize("day", [SATURDAY, HOLIDAY])
def test_a_drive_on_a_rest_day_is_found(day: datetime) -> None:
    (finding,) = found("R03", context_of(outing(day)))

    assert finding.severity == "red"
    assert finding.measures["total_distance_m"] == pytest.approx(3_000, rel=0.05)


def test_a_workday_is_none() -> None:
    assert not found("R03", context_of(outing(datetime(2026, 3, 13, 1, 0, tzinfo=UTC))))


def test_less_than_500_metres_is_none() -> None:
    assert not found("R03", context_of(outing(SATURDAY, 440)))


def test_an_order_approved_for_the_holiday_covers_it() -> None:
    orders = [order(SATURDAY, SATURDAY + minutes(90), holiday=True)]

    assert not found("R03", context_of(outing(SATURDAY), orders=orders))


def test_an_order_for_a_workday_is_shown_but_does_not_cover_it() -> None:
    orders = [order(SATURDAY, SATURDAY + minutes(90))]

    (finding,) = found("R03", context_of(outing(SATURDAY), orders=orders))

    assert {tried.code for tried in finding.explanations if tried.holds} == {"order_for_a_workday"}
    assert not finding.explained
    assert finding.driver_id == 7


def test_only_what_is_driven_after_midnight_counts() -> None:
    late = Drive(time=FRIDAY_EVENING, interval_s=5, noise_m=1).park(30).drive(5_300, 30).park(40)

    assert not found("R03", context_of(late))


def test_a_day_that_the_calendar_does_not_know_is_asked_again_and_never_guessed() -> None:
    context = context_of(outing(datetime(2027, 1, 1, 1, 0, tzinfo=UTC)))

    evaluation = evaluate(context, [BY_CODE["R03"]])

    assert evaluation.findings == ()
    assert [unanswered.rule for unanswered in evaluation.unanswered] == ["R03"]
