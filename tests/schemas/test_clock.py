from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.clock import ClockError, SimulatedClock, SystemClock, read_clock

START = datetime(2026, 3, 11, 0, 20, tzinfo=UTC)


def test_every_process_that_reads_the_specification_has_the_same_clock() -> None:
    clock = SimulatedClock(START, anchor=1_795_506_174.354967, rate=20.0)

    assert read_clock(clock.specification()) == clock


def test_business_time_takes_less_real_time_the_faster_the_clock_runs() -> None:
    assert SimulatedClock(START, 0.0, 60.0).real_seconds(timedelta(minutes=10)) == 10.0
    assert SystemClock().real_seconds(timedelta(minutes=10)) == 600.0


@pytest.mark.parametrize(
    ("specification", "says"),
    [
        ("fast", "write 'real' or"),
        ("simulated,2026-03-11T08:20:00,0,20", "needs a UTC offset"),
        ("simulated,2026-03-11T08:20:00+08:00,0,0", "must be positive"),
        ("simulated,yesterday,0,20", "yesterday"),
    ],
)
def test_a_clock_that_cannot_be_read_says_what_is_wrong(specification: str, says: str) -> None:
    with pytest.raises(ClockError, match=says):
        read_clock(specification)
