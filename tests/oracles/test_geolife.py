"""GeoLife: tracks of people in Beijing, with the trips they wrote down themselves (ends are soft)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from fleet.supervision.files import read_track
from fleet.supervision.timeline import Trip
from fleet.supervision.trips import detect

GEOLIFE = Path(__file__).parents[2].parent / "shared" / "data" / "geolife"
LONGEST = timedelta(hours=6)

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GEOLIFE.is_dir(), reason=f"GeoLife is not there: {GEOLIFE}"),
]


class Label(NamedTuple):
    start: datetime
    end: datetime


def labelled(user: Path) -> Iterator[Label]:
    """Car and taxi trips under six hours."""
    for line in (user / "labels.txt").read_text().splitlines()[1:]:
        start, end, mode = line.split("\t")
        label = Label(_moment(start), _moment(end))
        if mode in {"car", "taxi"} and label.end - label.start < LONGEST:
            yield label


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)


def covered_share(label: Label, trips: tuple[Trip, ...]) -> float:
    shared = sum(
        (max(timedelta(), min(trip.end, label.end) - max(trip.start, label.start)) for trip in trips),
        timedelta(),
    )
    return shared / (label.end - label.start)


def test_what_people_called_a_drive_is_driven() -> None:
    """At least four labelled drives in five are seen for most of their time."""
    shares = []
    for user in sorted(GEOLIFE.iterdir()):
        fixes = read_track(sorted((user / "Trajectory").glob("*.plt"))).fixes
        times = [fix.time for fix in fixes]
        trips = detect(fixes, fixes[-1].time + timedelta(days=1)).trips
        shares += [
            covered_share(label, trips)
            for label in labelled(user)
            if bisect_right(times, label.end) - bisect_left(times, label.start) >= 10
        ]
    seen = sum(share >= 0.7 for share in shares)
    print(f"GeoLife: {seen} of {len(shares)} labelled car and taxi drives seen")  # noqa: T201
    assert len(shares) >= 30
    assert seen / len(shares) >= 0.8


def test_trips_of_real_tracks_never_overlap() -> None:
    for user in sorted(GEOLIFE.iterdir()):
        trips = detect(read_track(sorted((user / "Trajectory").glob("*.plt"))).fixes, datetime.now(UTC)).trips
        assert all(a.end <= b.start for a, b in pairwise(trips))
