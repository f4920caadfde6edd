"""The truth file and the score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.misconduct import (
    Act,
    Expectation,
    Finding,
    Habit,
    Leg,
    LegTimes,
    Span,
    TruthLine,
    act_truth,
    covered_truth,
    habit_truth,
    read_truth,
    run_truth,
    score,
    write_truth,
)

NINE = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLATE = "示A·10088"

moments = st.integers(0, 600).map(lambda minute: NINE + minute * MINUTE)
rules = st.sampled_from(["R01", "R03", "R05", "R10"])
plates = st.sampled_from([PLATE, "示A·10115"])
lines = st.builds(
    lambda rule, plate, start, length, expected: TruthLine(
        rule, plate, start, start + length * MINUTE, "", expected
    ),
    rules,
    plates,
    moments,
    st.integers(1, 90),
    st.booleans(),
)
findings = st.builds(
    lambda rule, plate, start, length: Finding(rule, plate, start, start + length * MINUTE),
    rules,
    plates,
    moments,
    st.integers(0, 90),
)


def line(rule: str, start: int, end: int, *, expected: bool | None = True) -> TruthLine:
    return TruthLine(rule, PLATE, NINE + start * MINUTE, NINE + end * MINUTE, "", expected)


def finding(rule: str, start: int, end: int) -> Finding:
    return Finding(rule, PLATE, NINE + start * MINUTE, NINE + end * MINUTE)


@given(st.lists(lines), st.lists(findings))
def test_what_is_expected_is_either_found_or_missed(truth: list[TruthLine], found: list[Finding]) -> None:
    scores = score(truth, found)
    assert all(item.found + item.missed == item.expected for item in scores.rules)
    assert sum(item.expected for item in scores.rules) == sum(bool(entry.expected) for entry in truth)
    assert sum(item.false_alarms for item in scores.rules) == len(scores.false_alarms) <= len(found)


@given(st.lists(lines))
def test_a_supervisor_who_knows_the_truth_is_perfect(truth: list[TruthLine]) -> None:
    found = [
        Finding(item.rule_code, item.plate, item.started_at, item.ended_at) for item in truth if item.expected
    ]
    assert score(truth, found).perfect


@given(st.lists(lines))
def test_a_silent_supervisor_misses_everything_and_alarms_nobody(truth: list[TruthLine]) -> None:
    scores = score(truth, [])
    assert len(scores.missed) == sum(bool(item.expected) for item in truth)
    assert not scores.false_alarms


def test_one_event_found_in_two_pieces_is_found_once_without_false_alarm() -> None:
    scores = score([line("R05", 0, 30)], [finding("R05", 2, 5), finding("R05", 20, 24)])
    assert [(item.found, item.false_alarms) for item in scores.rules if item.expected] == [(1, 0)]


def test_a_finding_on_a_decoy_is_a_false_alarm_that_names_the_decoy() -> None:
    decoy = line("R01", 0, 4, expected=False)
    scores = score([decoy], [finding("R01", 0, 4)])
    assert scores.tripped == (decoy,)
    assert not scores.perfect


def test_the_same_time_on_another_car_or_by_another_rule_does_not_count() -> None:
    scores = score([line("R01", 0, 30)], [finding("R05", 0, 30), Finding("R01", "示A·10115", NINE, NINE)])
    assert len(scores.missed) == 1
    assert len(scores.false_alarms) == 2


def test_the_truth_file_gives_back_what_was_written_in_two_goes(tmp_path: Path) -> None:
    first, second = line("R01", 0, 10), line("R05", 3, 7, expected=False)
    path = tmp_path / "run" / "truth.jsonl"
    write_truth(path, [first])
    write_truth(path, [second])
    assert read_truth(path) == (first, second)
    assert path.read_text(encoding="utf-8").count("\n") == 2


def act(*expectations: Expectation) -> Act:
    there = Leg(117.9, 36.6, timedelta(minutes=10), 1.36)
    back = Leg(117.8, 36.6, None)
    return Act("A0311-01", PLATE, NINE, (there, back), expectations)


def test_an_act_tells_when_each_of_its_misdeeds_really_happened() -> None:
    played = [
        LegTimes(NINE, NINE + 12 * MINUTE, NINE + 22 * MINUTE),
        LegTimes(NINE + 22 * MINUTE, NINE + 35 * MINUTE, None),
    ]
    whole, first, last, parked = act_truth(
        act(
            Expectation("R01", True, "whole"),
            Expectation("R05", True, "out", Span.DRIVING, leg=0),
            Expectation("R05", True, "home", Span.DRIVING, leg=1),
            Expectation("R10", True, "there", Span.PARKED, leg=0),
        ),
        played,
    )
    assert (whole.started_at, whole.ended_at) == (NINE, NINE + 35 * MINUTE)
    assert (first.started_at, first.ended_at) == (NINE, NINE + 12 * MINUTE)
    assert (last.started_at, last.ended_at) == (NINE + 22 * MINUTE, NINE + 35 * MINUTE)
    assert (parked.started_at, parked.ended_at) == (NINE + 12 * MINUTE, NINE + 22 * MINUTE)


def test_an_order_close_by_covers_the_use_but_not_the_speed() -> None:
    there = [LegTimes(NINE, NINE + 12 * MINUTE, NINE + 22 * MINUTE)] * 2
    expectations = (Expectation("R01", True, ""), Expectation("R05", True, ""), Expectation("R03", False, ""))
    lines = covered_truth(act_truth(act(*expectations), there))
    assert [line.expected for line in lines] == [None, True, False]


def test_a_car_left_for_good_is_parked_until_the_next_morning() -> None:
    stayed = LegTimes(NINE, NINE + 12 * MINUTE, None)
    (parked,) = act_truth(act(Expectation("R10", True, "", Span.PARKED)), [stayed, stayed])
    assert parked.ended_at == datetime(2026, 3, 12, 0, 0, tzinfo=UTC)


def habit(span: Span, *, expected: bool) -> Habit:
    return Habit("H0311-09", PLATE, NINE, NINE + 600 * MINUTE, Expectation("R05", expected, "", span))


@pytest.mark.parametrize(("seconds", "expected"), [(5.0, None), (59.0, None), (61.0, True)])
def test_a_drive_that_speeds_shortly_may_be_found_or_not(seconds: float, expected: bool | None) -> None:
    racing = habit(Span.DRIVING, expected=True)
    assert habit_truth(racing, NINE, NINE + 10 * MINUTE, seconds_over=seconds).expected is expected


@pytest.mark.parametrize(("minutes", "expected"), [(20, None), (120, True)])
def test_a_short_halt_away_from_the_bay_may_be_found_or_not(minutes: int, expected: bool | None) -> None:
    stray = habit(Span.PARKED, expected=True)
    assert habit_truth(stray, NINE, NINE + minutes * MINUTE).expected is expected


def test_a_decoy_stays_one_however_short_it_was() -> None:
    decoy = habit(Span.DRIVING, expected=False)
    assert habit_truth(decoy, NINE, NINE + MINUTE, seconds_over=0).expected is False


def test_what_may_be_found_is_neither_missed_nor_a_false_alarm() -> None:
    grey = line("R05", 0, 10, expected=None)
    assert score([grey], []).perfect
    assert score([grey], [finding("R05", 3, 4)]).perfect


def test_while_the_day_goes_on_nobody_is_blamed_for_what_had_no_time_to_be_found() -> None:
    fresh, parked = line("R01", 0, 30), line("R10", 0, 600)
    assert not score([fresh, parked], [], as_of=NINE + 60 * MINUTE).missed
    assert score([fresh, parked], [], as_of=NINE + 80 * MINUTE).missed == (fresh,)
    assert score([fresh, parked], [], as_of=NINE + 140 * MINUTE).missed == (fresh, parked)


def test_while_the_day_goes_on_a_finding_waits_for_the_truth() -> None:
    early = finding("R01", 0, 10)
    assert score([], [early], as_of=NINE + 60 * MINUTE).perfect
    assert score([], [early], as_of=NINE + 140 * MINUTE).false_alarms == (early,)


def test_an_ordered_run_is_a_decoy_of_both_rules_about_orders() -> None:
    assert [(item.rule_code, item.expected) for item in run_truth(PLATE, NINE, NINE + MINUTE)] == [
        ("R01", False),
        ("R03", False),
    ]
