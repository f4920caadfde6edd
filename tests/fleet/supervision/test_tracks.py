from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.supervision.tracks import Fix, Quality, assess

START = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
METRE_OF_LATITUDE = 1 / 111_320


def fix(second: float, metres_north: float, speed_kmh: float, **seen: object) -> Fix:
    at = START + timedelta(seconds=second)
    return Fix(
        time=at,
        digest=int(second),
        lon=117.9,
        lat=36.6 + metres_north * METRE_OF_LATITUDE,
        speed_kmh=speed_kmh,
        received_at=at + timedelta(seconds=1),
        **seen,  # type: ignore[arg-type]
    )


def steady(count: int = 8) -> list[Fix]:
    """A car at 36 km/h, a fix every 10 s."""
    return [fix(10 * n, 100 * n, 36.0) for n in range(count)]


def test_a_steady_drive_is_good_throughout() -> None:
    assert assess(steady()) == [Quality.GOOD] * 8


@pytest.mark.parametrize(
    ("odd", "flag"),
    [
        (fix(45, 450, 36.0, fixed=False), Quality.NOT_FIXED),
        (fix(45, 450, 36.0, satellites=3), Quality.FEW_SATELLITES),
        (fix(45, 450, 353.8), Quality.JUMP),  # no car drives that fast, whatever the positions say
        (fix(45, 1_450, 36.0), Quality.JUMP),  # a kilometre aside and back
    ],
)
def test_an_odd_fix_is_flagged_and_its_neighbours_stay_good(odd: Fix, flag: Quality) -> None:
    """DESIGN 4.4: flagged, never deleted."""
    track = sorted([*steady(), odd], key=lambda one: one.time)

    flags = assess(track)

    assert flags[track.index(odd)] is flag
    assert flags.count(Quality.GOOD) == len(track) - 1
