"""DESIGN §4.3 over a real database: order, delay and restarts leave the results of one clean pass."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import httpx
import pytest

from fleet.supervision.matching import RoadMatcher
from fleet.supervision.repository import work
from fleet.supervision.service import supervise
from tests.fleet.supervision.drives import MORNING, Drive
from tests.fleet.supervision.station import Station, after, batches


def working_day(seed: int = 1) -> Drive:
    """Three outings, one of them too fast and one with a tunnel, then a night away from the bay."""
    drive = Drive(seed=seed, interval_s=15).park(40).drive(7_000, 45).park(25).drive(7_000, 45, 180).park(50)
    drive.drive(5_000, 140).stray(700).drive(3_000, 60).park(12).drive(8_000, 50, 180).park(30)
    drive.drive(3_000, 40, 90).silent(3, 2_500, 90).drive(3_000, 40, 90).park(15 * 60)
    return drive


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_shuffled_delayed_and_repeated_batches_give_the_results_of_one_clean_pass(
    station: Station, seed: int
) -> None:
    """DESIGN 4.3, with the process dying in the middle of its work again and again."""
    random = Random(seed)
    fixes = working_day(seed).fixes
    late = random.sample(fixes, len(fixes) // 5)
    pieces = batches([fix for fix in fixes if fix not in late], 23)
    pieces += batches(random.sample(late, len(late)), 9) + random.sample(pieces, 3)
    random.shuffle(pieces)
    for piece in pieces:
        await station.arrive(piece)
        await station.supervisor().round()
        await _die_in_the_middle(station)
    await station.drain(after(fixes, minutes=20))

    trips, violations = await station.trips(), await station.violations()
    await station.clean_pass()

    assert trips == await station.trips()
    assert violations == await station.violations()
    assert {violation["rule_code"] for violation in violations} == {"R01", "R05", "R10"}


async def _die_in_the_middle(station: Station) -> None:
    """A process claims and goes away without a word."""
    async with station.pool.acquire() as connection:
        await work.claim(connection, station.clock.now(), 5, 0.001)


async def test_fixes_as_they_happen_give_the_results_of_one_clean_pass(station: Station) -> None:
    """DESIGN 4.3: live, every few minutes, with an evaluation after each batch."""
    fixes = working_day().fixes
    for piece in batches(fixes, 12):
        await station.arrive(piece)
        await station.drain(piece[-1].time + timedelta(seconds=5))
    await station.drain(after(fixes, minutes=20))

    trips, violations = await station.trips(), await station.violations()
    superseded = await station.rows("SELECT id FROM trip WHERE superseded_at IS NOT NULL")
    await station.clean_pass()

    assert trips == await station.trips()
    assert violations == await station.violations()
    assert superseded == []


async def test_a_parked_day_is_not_read_again_from_its_beginning(station: Station) -> None:
    fixes = working_day().fixes
    await station.arrive(fixes)
    await station.drain(after(fixes, minutes=20))

    (resume,) = await station.rows("SELECT max(resume_from) AS at FROM trip WHERE superseded_at IS NULL")

    assert resume["at"] > MORNING + timedelta(hours=3)


async def test_late_fixes_supersede_the_trip_and_the_finding_and_tell_the_case(station: Station) -> None:
    """DESIGN 4.3: both versions are kept, the case goes back to verification."""
    fixes = Drive().park(60).drive(9_000, 45).park(120).fixes
    missing = [fix for fix in fixes if fix.speed_kmh > 0][20:40]
    await station.arrive([fix for fix in fixes if fix not in missing])
    await station.drain(after(fixes, minutes=1))
    await station.execute("UPDATE violation_case SET status = 'confirmed', version = version + 1")

    await station.arrive([replace(fix, received_at=after(fixes, minutes=5)) for fix in missing])
    await station.drain(after(fixes, minutes=6))

    versions = await station.rows(
        "SELECT version, superseded_by IS NULL AS current, withdrawn FROM violation "
        "WHERE rule_code = 'R01' ORDER BY version"
    )
    assert [(row["version"], row["current"], row["withdrawn"]) for row in versions] == [
        (1, False, False),
        (2, True, False),
    ]
    assert [row["version"] for row in await station.rows("SELECT version FROM trip ORDER BY version")] == [
        1,
        2,
    ]
    (case,) = await station.rows("SELECT * FROM violation_case WHERE subject LIKE 'trip/%'")
    assert case["status"] == "to_verify"
    entries = await station.rows(
        "SELECT action, from_status, to_status FROM case_entry WHERE case_id = $1", case["id"]
    )
    assert ("finding_superseded", "confirmed", "to_verify") in [tuple(entry.values()) for entry in entries]
    told = await station.rows("SELECT topic FROM notification WHERE topic = 'case'")
    assert told


async def test_an_order_entered_afterwards_withdraws_the_finding_and_clears_the_case(
    station: Station,
) -> None:
    drive = Drive().park(60).drive(9_000, 45).drive(9_000, 45, 180).park(120)
    await station.arrive(drive.fixes)
    await station.drain(drive.time)
    assert [row["rule_code"] for row in await station.violations()] == ["R01"]

    await station.book(MORNING + timedelta(minutes=50), MORNING + timedelta(minutes=100))
    await station.drain()

    assert await station.violations() == []
    (case,) = await station.rows("SELECT * FROM violation_case")
    assert case["status"] == "auto_cleared"
    (withdrawn,) = await station.rows("SELECT withdrawn FROM violation")
    assert withdrawn["withdrawn"]


async def test_a_red_finding_on_the_move_wants_an_answer_in_ten_minutes(station: Station) -> None:
    drive = Drive().park(60).drive(3_000, 45)
    await station.arrive(drive.fixes)
    await station.drain(drive.time)

    (case,) = await station.rows("SELECT * FROM violation_case")

    assert case["due_at"] == drive.time + timedelta(minutes=10)
    assert (await station.rows("SELECT topic FROM notification WHERE topic = 'alert'")) != []
    assert (await station.rows("SELECT action FROM audit_entry WHERE action = 'case.opened'")) != []


async def test_a_parked_car_is_found_when_its_hour_has_passed_although_nothing_arrives(
    station: Station,
) -> None:
    drive = Drive().park(60).drive(3_000, 45).park(35)
    await station.book(MORNING, MORNING + timedelta(minutes=65))
    await station.arrive(drive.fixes)
    await station.drain(drive.time)
    assert await station.violations() == []

    await station.drain(drive.time + timedelta(minutes=120))

    assert [row["rule_code"] for row in await station.violations()] == ["R10"]


async def test_findings_of_one_trip_make_one_case(station: Station) -> None:
    drive = Drive(interval_s=15).park(60).drive(3_000, 45).drive(6_000, 145).park(8)
    await station.arrive(drive.fixes)
    await station.drain(drive.time)

    assert [row["rule_code"] for row in await station.violations()] == ["R01", "R05"]
    assert len(await station.rows("SELECT id FROM violation_case")) == 1


async def test_without_a_road_network_trips_are_found_and_matched_later(station: Station) -> None:
    drive = Drive().park(60).drive(3_000, 45).park(60)
    roads = station.matcher
    await station.arrive(drive.fixes)
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1") as nowhere:
        station.matcher = RoadMatcher(nowhere)
        await station.drain(drive.time)
    unmatched = await station.rows("SELECT matched FROM trip WHERE superseded_at IS NULL")

    station.matcher = roads
    await station.drain(drive.time + timedelta(minutes=5))

    assert [row["matched"] for row in unmatched] == [None]
    (trip,) = await station.rows("SELECT matched FROM trip WHERE superseded_at IS NULL")
    assert trip["matched"] is not None


async def test_a_process_that_lost_its_claim_writes_nothing(station: Station) -> None:
    """A stalled process must not overwrite what its successor found (fencing)."""
    await station.drain(MORNING)
    drive = Drive().park(60).drive(3_000, 45).park(60)
    await station.arrive(drive.fixes)
    station.clock.instant = drive.time
    stale, fresh = await station.claim(0.001), await station.claim(60)

    with pytest.raises(Exception, match="claimed by another"):
        await supervise(station.pool, station.matcher, stale, drive.time)

    assert await station.trips() == []
    await supervise(station.pool, station.matcher, fresh, drive.time)
    assert len(await station.trips()) == 1


async def test_a_database_that_cuts_every_connection_is_waited_for(station: Station) -> None:
    drive = Drive().park(60).drive(3_000, 45).park(60)
    station.clock.instant = drive.time
    supervisor = station.supervisor()
    running = asyncio.create_task(supervisor.run())
    await station.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'motorpool_supervision'"
    )
    await station.arrive(drive.fixes)

    await station.until_there_are_trips()
    supervisor.stopping.set()
    await running


async def test_what_arrives_during_the_work_is_not_lost(station: Station) -> None:
    drive = Drive().park(60).drive(3_000, 45).park(60)
    await station.drain(MORNING)
    await station.arrive(drive.fixes[:-8])
    station.clock.instant = drive.time
    item = await station.claim(60)
    await station.arrive(drive.fixes[-8:])
    async with station.pool.acquire() as connection:
        await work.take_in_changes(connection, 100)
    await supervise(station.pool, station.matcher, item, drive.time)

    (waiting,) = await station.rows("SELECT changed_from FROM supervision_work WHERE vehicle_id = 1")

    assert waiting["changed_from"] is not None
