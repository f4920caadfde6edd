"""Supervision over a real database: fixes go in as ingest writes them, rounds are run by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fleet.database import Pool
from fleet.supervision.matching import RoadMatcher
from fleet.supervision.process import Supervisor
from fleet.supervision.repository import touch, work
from fleet.supervision.repository.inputs import BEGINNING
from fleet.supervision.settings import SupervisionSettings
from fleet.supervision.tracks import Fix
from schemas.clock import FixedClock

INSERT_FIX = """
INSERT INTO position (terminal_id, time, digest, sent_at, received_at, boot, seq, lon, lat, speed_kmh,
                      heading_deg, ignition, satellites, fixed, alarm)
VALUES ($1, $2, $3, $2, $4, 1, 1, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
"""

TRIPS = """
SELECT lower(during) AS start, upper(during) AS end, closed, distance_km, moving_s, confidence, track_digest,
       run_id, content_digest
FROM trip WHERE vehicle_id = $1 AND superseded_at IS NULL ORDER BY lower(during)
"""

VIOLATIONS = """
SELECT rule_code, severity, lower(during) AS start, upper(during) AS end, measures, explanations, evidence,
       content_digest, provisional
FROM violation WHERE vehicle_id = $1 AND superseded_at IS NULL ORDER BY lower(during), rule_code
"""

QUICK = SupervisionSettings(supervision_rest_s=0, supervision_lease_s=0.001)
"""A lease that is over at once: whoever died in the middle is forgotten."""


@dataclass
class Station:
    pool: Pool
    """As motorpool_supervision."""
    owner: Pool
    """As the owner of the database: plays ingest, and looks at everything."""
    matcher: RoadMatcher
    clock: FixedClock
    vehicle_id: int = 1
    terminal_id: int = 1

    async def arrive(self, fixes: Sequence[Fix]) -> None:
        """A batch as ingest commits it."""
        if not fixes:
            return
        async with self.owner.acquire() as connection, connection.transaction():
            await connection.executemany(
                INSERT_FIX,
                [
                    (
                        self.terminal_id, fix.time, fix.digest, fix.received_at, fix.lon, fix.lat,
                        fix.speed_kmh, fix.heading_deg, fix.ignition, fix.satellites, fix.fixed, fix.alarm,
                    )
                    for fix in fixes
                ],
            )  # fmt: skip
            times = [fix.time for fix in fixes]
            await connection.execute(
                "INSERT INTO position_change (terminal_ids, changed_from, changed_to)"
                " VALUES (ARRAY[$1::int], ARRAY[$2::timestamptz], ARRAY[$3::timestamptz])",
                self.terminal_id,
                min(times),
                max(times),
            )

    def supervisor(self) -> Supervisor:
        """A freshly started process."""
        return Supervisor(self.pool, self.matcher, self.clock, QUICK)

    async def drain(self, until: datetime | None = None) -> None:
        """Rounds until nothing is waiting, at `until` if given."""
        if until is not None:
            self.clock.instant = until
        supervisor = self.supervisor()
        while await supervisor.round():
            pass

    async def claim(self, lease_s: float) -> work.Work:
        """As a supervisor does at the start of a round; one vehicle must be waiting."""
        async with self.pool.acquire() as connection:
            await work.take_in_changes(connection, 1_000)
            (item,) = await work.claim(connection, self.clock.now(), 5, lease_s)
            return item

    async def clean_pass(self) -> None:
        """Forget all results and evaluate everything once."""
        async with self.owner.acquire() as connection, connection.transaction():
            await connection.execute(
                "TRUNCATE violation, violation_case, case_violation, case_entry, trip CASCADE"
            )
            await touch(connection, self.vehicle_id, BEGINNING)
        await self.drain()

    async def trips(self) -> list[dict[str, Any]]:
        return await self.rows(TRIPS, self.vehicle_id)

    async def until_there_are_trips(self) -> None:
        """Wait for a process that runs by itself."""
        async with asyncio.timeout(60):
            while not await self.trips():  # noqa: ASYNC110 - the database is the only thing to ask
                await asyncio.sleep(0.05)

    async def violations(self) -> list[dict[str, Any]]:
        return await self.rows(VIOLATIONS, self.vehicle_id)

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.owner.acquire() as connection:
            return [dict(row) for row in await connection.fetch(query, *values)]

    async def execute(self, query: str, *values: Any) -> None:
        async with self.owner.acquire() as connection:
            await connection.execute(query, *values)

    async def book(self, start: datetime, end: datetime, *, holiday: bool = False) -> None:
        """A run of the vehicle with one request, as the office writes it."""
        await self.execute(BOOK, start, end, holiday, self.vehicle_id)
        async with self.owner.acquire() as connection:
            await touch(connection, self.vehicle_id, start)


BOOK = """
WITH asked AS (
    INSERT INTO request (number, organisation_id, supplier_id, requester_id, kind, status, contact_name,
        origin, origin_lon, origin_lat, destination, destination_lon, destination_lat, form, passengers,
        pickup_from, pickup_until, arrive_by, holiday, created_at, decided_by)
    SELECT 'YC-' || nextval('request_number'), organisation.id, organisation.id, account.id, 'normal',
        'dispatched', '李科长', 'A', 117, 36, 'B', 117, 36, 'one_way', 1, $1::timestamptz, $1,
        $2::timestamptz, $3, $1, account.id
    FROM organisation, account WHERE organisation.code = 'finance' AND account.login = 'approver.finance'
    RETURNING id
), driven AS (
    INSERT INTO run (number, organisation_id, vehicle_id, driver_id, status, planned_start, planned_end,
        created_by, created_at)
    SELECT 'PC-' || nextval('request_number'), organisation_id, $4, 1, 'dispatched', $1, $2, 1, $1
    FROM vehicle WHERE id = $4 RETURNING id
)
INSERT INTO run_stop (run_id, place_in_run, kind, request_id, name, lon, lat, planned_arrival,
    planned_departure, latest_arrival)
SELECT driven.id, 1, 'pickup', asked.id, 'A', 117, 36, $1, $1, $1 FROM asked, driven
"""


def batches(fixes: Sequence[Fix], size: int) -> list[Sequence[Fix]]:
    return [fixes[begin : begin + size] for begin in range(0, len(fixes), size)]


def after(fixes: Sequence[Fix], **span: float) -> datetime:
    return fixes[-1].time + timedelta(**span)
