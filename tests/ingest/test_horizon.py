"""Ingest takes what is kept, and puts aside what would go at once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from ingest.database import Database
from ingest.validate import EARLIEST_MS, Bounds, earliest_kept, trouble_with_time
from ingest.writer import Writer
from tests.ingest.world import NOON, NOON_MS, Registry, fix, message

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("age_days", "reason"), [(0, None), (182.9, None), (183, None), (183.1, "too_old"), (2_000, "too_old")]
)
def test_late_fixes_are_taken_as_long_as_tracks_are_kept(age_days: float, reason: str | None) -> None:
    bounds = replace(Bounds.at(NOON, 300, 65_536), earliest_ms=earliest_kept(NOON, 183))

    trouble = trouble_with_time(NOON_MS - round(age_days * DAY_MS), bounds)

    assert (trouble and trouble[0]) == reason


def test_clocks_that_were_never_set_are_too_old_whatever_is_kept() -> None:
    assert earliest_kept(NOON, 10_000) == EARLIEST_MS


def test_a_fix_beyond_the_horizon_is_put_aside_and_its_neighbour_lands(
    ingest_url: str, registry: Registry
) -> None:
    registry.terminal("T1")
    bounds = replace(Bounds.at(NOON, 300, 65_536), earliest_ms=earliest_kept(NOON, 183))
    database = Database(ingest_url, threading.Event())
    old = fix(2, time=NOON_MS - 184 * DAY_MS)

    list(Writer(database, lambda: bounds).write([message("T1", [fix(1), old])]))
    database.close()

    assert registry.rows("SELECT seq FROM position") == [(1,)]
    assert registry.rows("SELECT reason FROM dead_letter") == [("too_old",)]
