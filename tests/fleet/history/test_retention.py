"""Old tracks go, evidence stays (DOMAIN: tracks at least 6 months, findings at least 3 years)."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
import pytest
from pydantic import ValidationError

from fleet.history.settings import HistorySettings
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track
from tests.fleet.office import MORNING

BEYOND = MORNING + timedelta(days=800)
"""Past the horizon of tracks, not past that of findings."""
FOUND = """
WITH found AS (
    INSERT INTO violation (vehicle_id, rule_code, rule_version, identity, version, severity, during, lon, lat,
        measures, thresholds, evidence, content_digest, as_of, superseded_at)
    VALUES (1, 'R05', '1', 'R05/1', 1, 'yellow', tstzrange($1::timestamptz, $2::timestamptz, '[]'), 117, 36,
        '{}', '{}', '{}', '', $2, $3)
    RETURNING vehicle_id, identity
), opened AS (
    INSERT INTO violation_case
        (number, organisation_id, vehicle_id, subject, status, severity, due_at, opened_at)
    SELECT 'AJ-1', organisation_id, id, 'trip/1', 'to_verify', 'yellow', $2, $2 FROM vehicle WHERE id = 1
    RETURNING id
)
INSERT INTO case_violation (case_id, identity) SELECT opened.id, found.identity FROM opened, found
"""
DRIVEN = """
WITH driven AS (
    INSERT INTO trip (vehicle_id, version, during, closed, start_lon, start_lat, end_lon, end_lat,
        distance_km, moving_s, max_speed_kmh, fix_count, confidence, detector, track_digest, content_digest,
        as_of)
    VALUES (1, 1, tstzrange($1, $2), true, 117, 36, 117, 36, 1,
        1, 1, 1, 1, '', '', '', $2)
    RETURNING id
)
UPDATE violation SET trip_id = driven.id FROM driven
"""


@pytest.fixture
async def packed(archive: Archive) -> Archive:
    """Packs of the 11th, 12th and 16th of March; the finding of `found` lies in the last of them."""
    for day in (0, 1, 5):
        await archive.arrive(track(100, first_s=day * 86_400))
    archive.clock.instant = MORNING + timedelta(days=10)
    await archive.pack()
    archive.clock.instant = BEYOND
    return archive


async def found(archive: Archive, superseded_at: datetime | None = None) -> None:
    start = MORNING + timedelta(days=5, minutes=10)
    await archive.execute(FOUND, start, start + timedelta(minutes=3), superseded_at)


async def days(archive: Archive) -> list[int]:
    return [pack["start"].day for pack in await archive.packs()]


async def test_packs_beyond_the_horizon_go(packed: Archive) -> None:
    assert await packed.expire() == 3
    assert await days(packed) == []


async def test_packs_within_the_horizon_stay(packed: Archive) -> None:
    packed.clock.instant = MORNING + timedelta(days=700)

    assert await packed.expire() == 0


async def test_the_tracks_around_a_finding_stay(packed: Archive) -> None:
    await found(packed)
    await packed.execute("UPDATE violation_case SET closed_at = $1", MORNING)

    await packed.expire()

    assert await days(packed) == [16]
    (hold,) = await packed.holds()
    assert (hold.plate, hold.case_number, hold.open_case, hold.packs, hold.beyond_horizon) == (
        "示A·10088", "AJ-1", False, 1, True,
    )  # fmt: skip


async def test_a_finding_past_its_own_retention_holds_nothing(packed: Archive) -> None:
    await found(packed)
    await packed.execute("UPDATE violation_case SET closed_at = $1", MORNING)
    packed.clock.instant = MORNING + timedelta(days=1_200)

    assert await packed.expire() == 3


async def test_an_open_case_holds_its_tracks_however_old_it_is(packed: Archive) -> None:
    """Also when its finding was superseded since: the case goes back to verification."""
    await found(packed, superseded_at=MORNING + timedelta(days=1))
    packed.clock.instant = MORNING + timedelta(days=5_000)

    await packed.expire()
    assert await days(packed) == [16]

    await packed.execute("UPDATE violation_case SET closed_at = $1", packed.clock.instant)
    await packed.expire()
    assert await days(packed) == []


async def test_the_whole_trip_of_a_finding_is_held(packed: Archive) -> None:
    await found(packed)
    await packed.execute(
        DRIVEN,
        MORNING + timedelta(days=1, minutes=5),
        MORNING + timedelta(days=5, minutes=12),
    )

    await packed.expire()

    assert await days(packed) == [12, 16]


async def test_the_worker_cannot_let_go_what_is_held(packed: Archive) -> None:
    """The hold is part of the function, not of the job that calls it."""
    await found(packed)

    async with packed.worker.acquire() as connection:
        await connection.execute("SELECT expire_packs($1, $1, 1000)", BEYOND)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT drop_chunks('position', $1::timestamptz)", BEYOND)

    assert await days(packed) == [16]


@pytest.mark.parametrize(
    "horizon", [{"track_retention_days": 182}, {"evidence_hold_days": 1_095}, {"minute_retention_days": 100}]
)
def test_horizons_shorter_than_the_law_are_refused(horizon: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        HistorySettings.model_validate(horizon)
