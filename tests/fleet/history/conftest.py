"""A database with the town of tests.fleet.office, and the worker's role in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from fleet.database import Pool, open_pool
from fleet.history import reading, repository, service
from fleet.history.fixes import COLUMNS, Fixes, from_columns, microseconds, values
from fleet.history.reading import BEGINNING, END
from fleet.history.settings import HistorySettings
from fleet.settings import Settings
from schemas.clock import FixedClock
from tests.conftest import ROLE_PASSWORD
from tests.fleet.office import MORNING

ALL_COLUMNS = ("terminal_id", *(column.name for column in COLUMNS))


@dataclass
class Archive:
    """Plays ingest as the owner, runs the storage jobs as the worker, reads as supervision does."""

    owner: Pool
    worker: Pool
    reader: Pool
    settings: HistorySettings = field(default_factory=HistorySettings)
    clock: FixedClock = field(default_factory=lambda: FixedClock(MORNING + timedelta(days=4)))
    vehicle_id: int = 1
    terminal_id: int = 1

    async def arrive(self, fixes: Fixes, terminal_id: int | None = None) -> None:
        """As ingest commits a batch: what is in `position` already is not stored again."""
        terminal = terminal_id or self.terminal_id
        lists = [
            [terminal] * len(fixes) if name == "terminal_id" else values(fixes, name) for name in ALL_COLUMNS
        ]
        rows = list(zip(*lists, strict=True))
        places = ", ".join(f"${number}" for number in range(1, len(ALL_COLUMNS) + 1))
        async with self.owner.acquire() as connection, connection.transaction():
            await connection.executemany(
                f"INSERT INTO position ({', '.join(ALL_COLUMNS)}) VALUES ({places}) ON CONFLICT DO NOTHING",
                rows,
            )
            await connection.execute(
                "INSERT INTO position_change (terminal_ids, changed_from, changed_to)"
                " VALUES (ARRAY[$1::int], ARRAY[$2::timestamptz], ARRAY[$3::timestamptz])",
                terminal,
                values(fixes, "time")[0],
                values(fixes, "time")[-1],
            )

    async def pack(self) -> service.Packed:
        """One slice, as the worker runs it."""
        before = service.cold_before(self.clock.now(), self.settings)
        async with self.worker.acquire() as connection, connection.transaction():
            return await service.pack_slice(connection, before, 0, 60.0)

    async def drop_chunks(self) -> list[str]:
        async with self.worker.acquire() as connection, connection.transaction():
            return await service.drop_chunks(connection, self.clock.now(), self.settings)

    async def expire(self) -> int:
        async with self.worker.acquire() as connection, connection.transaction():
            return await service.expire(connection, self.clock.now(), self.settings)

    async def read(self, since: datetime = BEGINNING, until: datetime = END) -> Fixes:
        """All columns of the vehicle's fixes through the one interface."""
        async with self.reader.acquire() as connection:
            rows = await reading.fixes(connection, self.vehicle_id, since, until, ALL_COLUMNS)
        lists = {name: [row[place] for row in rows] for place, name in enumerate(ALL_COLUMNS)}
        for column in COLUMNS:
            if column.is_time:
                lists[column.name] = [microseconds(moment) for moment in lists[column.name]]
        return from_columns(lists)

    async def packs(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM position_pack ORDER BY terminal_id, start")

    async def live(self) -> int:
        return int((await self.rows("SELECT count(*) AS count FROM position"))[0]["count"])

    async def holds(self) -> list[repository.Hold]:
        now = self.clock.now()
        async with self.worker.acquire() as connection:
            return await repository.holds(
                connection, now - self.settings.evidence_hold, now - self.settings.track_retention, 50
            )

    async def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.owner.acquire() as connection:
            return [dict(row) for row in await connection.fetch(query, *parameters)]

    async def execute(self, query: str, *parameters: Any) -> None:
        async with self.owner.acquire() as connection:
            await connection.execute(query, *parameters)


@pytest.fixture
async def archive(town_url: str) -> AsyncIterator[Archive]:
    def as_role(role: str) -> Settings:
        url = f"postgresql://{role}:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
        return Settings(database_url=SecretStr(url), database_pool_size=3)

    pools = [
        await open_pool(Settings(database_url=SecretStr(town_url), database_pool_size=3), "test"),
        await open_pool(as_role("motorpool_worker"), "work"),
        await open_pool(as_role("motorpool_supervision"), "supervise"),
    ]
    yield Archive(*pools)
    for pool in pools:
        await pool.close()
