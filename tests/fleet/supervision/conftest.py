"""A supervision process over the town of tests.fleet.office and the roads of the generated city."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from fleet.database import open_pool
from fleet.settings import Settings
from fleet.supervision.matching import RoadMatcher
from schemas.clock import FixedClock
from tests.conftest import ROLE_PASSWORD
from tests.fleet.supervision.drives import MORNING
from tests.fleet.supervision.station import Station

CALENDAR = """
INSERT INTO calendar_day (day, kind, name, provisional)
SELECT day, CASE WHEN extract(isodow FROM day) > 5 THEN 'weekend' ELSE 'workday' END, '', false
FROM generate_series('2026-02-01'::date, '2026-06-30'::date, interval '1 day') AS day
ON CONFLICT DO NOTHING
"""


@pytest.fixture
async def station(town_url: str, valhalla_url: str) -> AsyncIterator[Station]:
    as_supervision = f"postgresql://motorpool_supervision:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
    pool = await open_pool(
        Settings(database_url=SecretStr(as_supervision), database_pool_size=2), "supervise"
    )
    owner = await open_pool(Settings(database_url=SecretStr(town_url), database_pool_size=2), "test")
    async with httpx.AsyncClient(base_url=valhalla_url) as client:
        station = Station(pool, owner, RoadMatcher(client), FixedClock(MORNING))
        await station.execute(CALENDAR)
        yield station
    await pool.close()
    await owner.close()
