"""The measurement itself: what it counts is what the database needs."""

from __future__ import annotations

import pytest

from fleet.history import bench
from tests.fleet.history.conftest import Archive


def test_a_cold_fix_costs_less_than_ten_bytes() -> None:
    assert bench.cold_bytes_per_fix(terminals=3) < 10


COPIES = """
INSERT INTO position_pack
SELECT start, last_time, copy * 10 + terminal_id, fixes, west, south, east, north, hours, blob
FROM position_pack, generate_series(1000, 1300) AS copy WHERE terminal_id < 1000 ORDER BY start
"""
SIZE = "SELECT pg_total_relation_size('position_pack') AS bytes, sum(fixes) AS fixes FROM position_pack"


async def test_the_bytes_it_counts_are_those_the_table_takes(archive: Archive) -> None:
    """Table, TOAST and all indexes of a thousand packs, against what the measurement adds up."""
    days = bench.simulated_days(3, seed=2)
    for number, day in enumerate(days, 1):
        await archive.arrive(day, terminal_id=number)
    await archive.pack()
    await archive.execute(COPIES)

    (size,) = await archive.rows(SIZE)

    counted = bench.measure(days)
    print(f"measured {size['bytes'] / size['fixes']:.2f}, counted {counted.cold_bytes_per_fix}")  # noqa: T201
    assert size["bytes"] / size["fixes"] == pytest.approx(counted.cold_bytes_per_fix, rel=0.05)
