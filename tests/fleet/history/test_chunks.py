"""The span of a chunk follows the rate: an hour for a province, a day for a county."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.history import repository
from fleet.history.chunks import BYTES_PER_FIX, SLACK, SPANS, chunk_interval
from tests.fleet.history.conftest import Archive

TARGET = 2 * 2**30
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("fixes_per_s", "hours"),
    [(0, 24), (39, 24), (400, 8), (1_000, 4), (6_000, 1), (100_000, 1)],
)
def test_the_longest_span_that_fits_the_target(fixes_per_s: float, hours: int) -> None:
    assert chunk_interval(fixes_per_s, timedelta(hours=5), TARGET) == timedelta(hours=hours)


@given(st.floats(0, 100_000), st.sampled_from(SPANS))
def test_a_span_is_stable_once_it_is_chosen(fixes_per_s: float, present: timedelta) -> None:
    chosen = chunk_interval(fixes_per_s, present, TARGET)

    assert chunk_interval(fixes_per_s, chosen, TARGET) == chosen


@given(st.floats(0, 100_000), st.sampled_from(SPANS))
def test_no_chunk_outgrows_the_target_by_more_than_the_slack(fixes_per_s: float, present: timedelta) -> None:
    chosen = chunk_interval(fixes_per_s, present, TARGET)

    size = fixes_per_s * chosen.total_seconds() * BYTES_PER_FIX
    assert size <= SLACK * TARGET or chosen == SPANS[0]


def test_a_rate_that_swings_by_a_tenth_changes_nothing() -> None:
    rates = [400 * factor for factor in (1.0, 1.1, 0.9, 1.1)]
    present = chunk_interval(rates[0], DAY, TARGET)

    assert [chunk_interval(rate, present, TARGET) for rate in rates] == [present] * 4


async def test_the_worker_may_set_a_span_between_an_hour_and_a_day(archive: Archive) -> None:
    async with archive.worker.acquire() as connection:
        await repository.set_chunk_interval(connection, timedelta(hours=3))

        assert await repository.chunk_interval(connection) == timedelta(hours=3)


async def test_positions_are_found_by_time_through_a_brin_index(archive: Archive) -> None:
    found = await archive.rows("SELECT indexdef FROM pg_indexes WHERE indexname = 'position_time'")

    assert "USING brin" in found[0]["indexdef"]
