from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.clock import SHANGHAI
from simulators.play.almanac import LastMoment, start_after


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("last", "start"),
    [
        (None, "2026-03-11T08:20"),
        ("2026-03-11T14:07", "2026-03-11T14:07"),
        ("2026-03-11T21:00", "2026-03-12T08:20"),
        ("2026-03-13T19:30", "2026-03-16T08:20"),  # a Friday evening: Monday follows
        ("2026-05-08T20:00", "2026-05-09T08:20"),  # a Saturday that was made a workday
    ],
)
def test_a_demo_goes_on_where_it_stopped_or_on_the_next_working_morning(last: str | None, start: str) -> None:
    assert start_after(shanghai(last) if last else None) == shanghai(start)


def test_the_last_moment_survives_in_its_file(tmp_path: Path) -> None:
    memory = LastMoment(tmp_path / "simulator" / "last.json")
    assert memory.read() is None

    memory.write(shanghai("2026-03-11T10:00"))

    assert memory.read() == shanghai("2026-03-11T10:00")
