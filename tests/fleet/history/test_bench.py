"""The measurement itself: what it counts is what the database needs."""

from __future__ import annotations

import pytest

from fleet.history import bench
from fleet.history.packs import repack
from tests.fleet.history.conftest import Archive


def test_a_cold_fix_costs_less_than_ten_bytes() -> None:
    assert bench.cold_bytes_per_fix(terminals=3) < 10


SIZE = "SELECT pg_total_relation_size('position_pack') AS bytes, sum(fixes) AS fixes FROM position_pack"
COLUMNS = ("start", "last_time", "terminal_id", "fixes", "west", "south", "east", "north", "blob")


async def test_the_bytes_it_counts_are_those_the_table_takes(archive: Archive) -> None:
    """Table, TOAST and all indexes of a thousand packs, against what the measurement adds up."""
    days = bench.simulated_days(24, seed=2)
    packs = [repack(number, day, None) for number, day in enumerate(days)]
    rows = [
        (pack.start, pack.last_time, pack.terminal_id + 100 * copy, pack.fixes, *pack.box, pack.blob)
        for copy in range(50)
        for pack in packs
    ]
    async with archive.owner.acquire() as connection:
        await connection.copy_records_to_table("position_pack", records=rows, columns=COLUMNS)

    (size,) = await archive.rows(SIZE)

    counted = bench.measure(days).cold_bytes_per_fix
    print(f"measured {size['bytes'] / size['fixes']:.2f}, counted {counted}")  # noqa: T201
    assert size["bytes"] / size["fixes"] == pytest.approx(counted, rel=0.05)
