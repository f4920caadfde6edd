"""kill -9 of a packing process loses nothing and doubles nothing (DESIGN 4.1, 4.4)."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import timedelta

import pytest

from fleet.history.fixes import Fixes
from schemas.clock import SimulatedClock
from tests.conftest import ROLE_PASSWORD
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track
from tests.fleet.office import MORNING

pytestmark = pytest.mark.faults

WRITING = """
SELECT count(*) AS count FROM pg_locks
WHERE relation = 'position_pack'::regclass AND mode = 'RowExclusiveLock' AND granted
"""
COPIES = """
INSERT INTO position SELECT 100 + number, time, digest, sent_at, received_at, boot, seq, lon, lat, speed_kmh,
    heading_deg, altitude_m, odometer_km, ignition, energy_pct, satellites, hdop, fixed, alarm, status
FROM position, generate_series(1, 150) AS number WHERE terminal_id = 1
"""
COUNT = (
    "SELECT (SELECT count(*) FROM position) + (SELECT coalesce(sum(fixes), 0) FROM position_pack) AS count"
)


async def packing(town_url: str) -> asyncio.subprocess.Process:
    """`motorpool storage pack`, four days later, as the worker."""
    clock = SimulatedClock(MORNING + timedelta(days=4), time.time(), 1.0)
    url = f"postgresql://motorpool_worker:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fleet.cli",
        "storage",
        "pack",
        env={**os.environ, "MOTORPOOL_DATABASE_URL": url, "MOTORPOOL_CLOCK": clock.specification()},
        stdout=asyncio.subprocess.DEVNULL,
    )


async def until_it_writes(archive: Archive) -> None:
    async with asyncio.timeout(60):
        while (await archive.rows(WRITING))[0]["count"] == 0:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.01)


async def killed_in_the_middle(archive: Archive, town_url: str) -> tuple[int, Fixes]:
    """Kill it while it packs; how many fixes there are then, and those of the first vehicle."""
    process = await packing(town_url)
    await until_it_writes(archive)
    process.kill()
    await process.wait()
    return (await archive.rows(COUNT))[0]["count"], await archive.read()


async def test_packing_that_is_killed_again_and_again_loses_nothing(archive: Archive, town_url: str) -> None:
    fixes = track(300)
    await archive.arrive(fixes)
    await archive.execute(COPIES)
    everything = 300 * 151

    after_kills = [await killed_in_the_middle(archive, town_url) for _ in range(3)]
    process = await packing(town_url)
    code = await process.wait()

    assert [count for count, _ in after_kills] == [everything] * 3
    assert all(found.tobytes() == fixes.tobytes() for _, found in after_kills)
    assert (code, await archive.live(), (await archive.rows(COUNT))[0]["count"]) == (0, 0, everything)
    assert (await archive.read()).tobytes() == fixes.tobytes()
