"""GeoLife: real tracks packed and read back, and what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.history.bench import geolife_days, measure
from fleet.history.packs import repack, unpack_day

GEOLIFE = Path(__file__).parents[2].parent / "shared" / "data" / "geolife"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GEOLIFE.is_dir(), reason=f"GeoLife is not there: {GEOLIFE}"),
]


def test_real_tracks_come_back_bit_by_bit() -> None:
    """DESIGN 4.4."""
    for day in geolife_days(GEOLIFE):
        assert unpack_day(repack(1, day, None).blob).tobytes() == day.tobytes()


def test_a_cold_fix_of_a_real_track_costs_less_than_ten_bytes() -> None:
    figures = measure(geolife_days(GEOLIFE))

    print(f"GeoLife: {figures}")  # noqa: T201
    assert figures.fixes > 100_000
    assert figures.cold_bytes_per_fix < 10
