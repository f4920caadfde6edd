"""Minutes of vehicles are a function of the fixes, whatever the order in which these arrive (DESIGN 4.3,
4.8)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.history import minutes_repository, minutes_service
from fleet.history.fixes import Fixes
from fleet.history.minutes import Minute, minutes
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track
from tests.fleet.office import MORNING

NEXT_DAY = MORNING + timedelta(days=1)


def row(
    second: float, speed: float, *, lon: float = 117.0, ignition: bool | None = True, fixed: bool = True
) -> tuple[object, ...]:
    return MORNING + timedelta(seconds=second), 1, 0, lon, 36.65, speed, ignition, fixed


def found(*rows: tuple[object, ...]) -> list[Minute]:
    return minutes(rows, MORNING - timedelta(hours=1), NEXT_DAY)


def test_seconds_and_way_are_shared_among_the_minutes_they_lie_in() -> None:
    first, second = found(row(30, 36.0), row(90, 36.0, lon=117.01))

    assert (first.moving_s, second.moving_s) == (30, 30)
    assert (first.ignition_s, second.ignition_s) == (30, 30)
    assert first.km == second.km == pytest.approx(0.8924 / 2, abs=1e-3)


def test_a_parked_car_drives_nowhere_however_its_receiver_drifts() -> None:
    (first, second) = found(row(0, 0.0, ignition=False), row(100, 0.0, lon=117.0002, ignition=False))

    assert (first.km, first.moving_s, first.ignition_s, second.km) == (0, 0, 0, 0)
    assert (first.fixes, second.fixes) == (1, 1)


def test_two_fixes_far_apart_say_nothing_about_the_time_between() -> None:
    first, second = found(row(0, 50.0), row(601, 50.0, lon=117.1))

    assert (first.km, first.moving_s, second.km) == (0, 0, 0)


def test_a_fix_without_a_solution_counts_but_tells_no_speed() -> None:
    (minute,) = found(row(0, 80.0, fixed=False))

    assert (minute.fixes, minute.max_speed_kmh, minute.avg_speed_kmh) == (1, None, None)


def test_the_way_leads_past_a_fix_without_a_solution() -> None:
    with_gap = found(row(0, 36.0), row(10, 0.0, lon=116.0, fixed=False), row(20, 36.0, lon=117.002))

    assert with_gap[0].km == pytest.approx(0.1785, abs=1e-3)


def test_highest_and_mean_speed_are_of_the_fixes_of_the_minute() -> None:
    first, second = found(row(0, 20.0), row(30, 40.0), row(60, 80.0))

    assert (first.max_speed_kmh, first.avg_speed_kmh, second.max_speed_kmh) == (40, 30, 80)


async def stored(archive: Archive) -> list[Minute]:
    async with archive.worker.acquire() as connection:
        return await minutes_repository.minutes(
            connection, archive.vehicle_id, datetime.min.replace(tzinfo=MORNING.tzinfo), NEXT_DAY
        )


async def work_off(archive: Archive) -> None:
    async with archive.worker.acquire() as connection, connection.transaction():
        while await minutes_service.take_in_changes(connection, 60.0):
            pass


async def clean_pass(archive: Archive) -> list[Minute]:
    await archive.execute("DELETE FROM vehicle_minute")
    await archive.execute(
        "INSERT INTO position_change (terminal_ids, changed_from, changed_to)"
        " VALUES (ARRAY[1], ARRAY[$1::timestamptz], ARRAY[$2::timestamptz])",
        MORNING - timedelta(days=1),
        NEXT_DAY,
    )
    await work_off(archive)
    return await stored(archive)


async def in_parts(archive: Archive, *parts: Fixes) -> list[Minute]:
    for part in parts:
        await archive.arrive(part)
        await work_off(archive)
    return await stored(archive)


async def test_late_fixes_in_any_order_give_the_minutes_of_one_clean_pass(archive: Archive) -> None:
    fixes = track(360)

    in_pieces = await in_parts(archive, fixes[200:], fixes[:50], fixes[100:150], fixes[40:220])

    assert in_pieces == await clean_pass(archive)
    assert sum(minute.fixes for minute in in_pieces) == 360
    assert sum(minute.moving_s for minute in in_pieces) == pytest.approx(3590)


async def test_a_late_fix_in_a_packed_hour_changes_its_minutes(archive: Archive) -> None:
    fixes = track(360)
    await archive.arrive(fixes[::2])
    await work_off(archive)
    await archive.pack()

    found = await in_parts(archive, fixes[1::2])

    assert found == await clean_pass(archive)
    assert sum(minute.fixes for minute in found) == 360


async def test_a_terminal_taken_out_in_retrospect_takes_its_minutes_along(archive: Archive) -> None:
    await in_parts(archive, track(360))
    await archive.execute(
        "UPDATE terminal_binding SET during = tstzrange(lower(during), $1) WHERE terminal_id = 1", MORNING
    )

    await archive.execute(
        "INSERT INTO position_change (terminal_ids, changed_from, changed_to)"
        " VALUES (ARRAY[1], ARRAY[$1::timestamptz], ARRAY[$2::timestamptz])",
        MORNING,
        NEXT_DAY,
    )
    await work_off(archive)

    assert await stored(archive) == []


async def test_changes_go_when_both_readers_have_seen_them(archive: Archive) -> None:
    await in_parts(archive, track(10))
    never_began = await archive.rows("SELECT id FROM position_change")
    await archive.execute("INSERT INTO change_cursor (name, xid, id) VALUES ('supervision', '0', 0)")
    await work_off(archive)
    waiting = await archive.rows("SELECT id FROM position_change")
    await archive.execute(
        "UPDATE change_cursor SET (xid, id) = (SELECT xid, id FROM change_cursor WHERE name ="
        " 'minutes') WHERE name = 'supervision'"
    )
    await work_off(archive)

    assert never_began and waiting == never_began
    assert await archive.rows("SELECT id FROM position_change") == []
