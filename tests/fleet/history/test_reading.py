"""One interface reads old and new, and supervision sees no difference (DESIGN 4.3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from fleet.history import reading
from fleet.history.fixes import Fixes, merged, moment
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track
from tests.fleet.office import MORNING

KEYS = reading.KEY


def times(fixes: Fixes) -> list[datetime]:
    return [moment(value) for value in fixes["time"].tolist()]


async def before(archive: Archive, at: datetime, count: int) -> list[datetime]:
    async with archive.reader.acquire() as connection:
        return [row[0] for row in await reading.fixes_before(connection, 1, at, count, KEYS)]


async def first_after(archive: Archive, at: datetime) -> datetime | None:
    async with archive.reader.acquire() as connection:
        return await reading.first_fix_after(connection, 1, at)


@pytest.fixture
async def two_days(archive: Archive) -> tuple[Archive, Fixes]:
    """A packed day, and the next one still live."""
    old, new = track(400), track(100, first_s=86_400)
    await archive.arrive(merged(old, new))
    archive.clock.instant = MORNING + timedelta(days=3, hours=1)
    await archive.pack()
    assert (await archive.live(), len(await archive.packs())) == (100, 1)
    return archive, merged(old, new)


async def test_a_span_across_packs_and_rows_is_one_track(two_days: tuple[Archive, Fixes]) -> None:
    archive, fixes = two_days

    assert (await archive.read()).tobytes() == fixes.tobytes()


async def test_both_ends_of_a_span_belong_to_it(two_days: tuple[Archive, Fixes]) -> None:
    archive, fixes = two_days
    expected = times(fixes)

    found = await archive.read(expected[350], expected[410])

    assert times(found) == expected[350:411]


async def test_the_fixes_before_a_moment_are_found_on_both_sides(two_days: tuple[Archive, Fixes]) -> None:
    archive, fixes = two_days
    expected = times(fixes)
    asked = [(place, count) for place in (0, 1, 200, 399, 400, 401, 499) for count in (1, 5, 150, 450, 1000)]

    found = {(place, count): await before(archive, expected[place], count) for place, count in asked}

    assert found == {(place, count): expected[max(0, place - count) : place] for place, count in asked}


async def test_the_next_fix_is_found_on_both_sides(two_days: tuple[Archive, Fixes]) -> None:
    archive, fixes = two_days
    expected = times(fixes)

    found = [await first_after(archive, expected[place]) for place in (0, 200, 398, 399, 400, 498, 499)]

    assert found == [*(expected[place + 1] for place in (0, 200, 398, 399, 400, 498)), None]


async def test_a_fix_counts_for_the_vehicle_its_terminal_sat_in(two_days: tuple[Archive, Fixes]) -> None:
    """The binding may change in the middle of a pack."""
    archive, fixes = two_days
    expected = times(fixes)
    await archive.execute(
        "UPDATE terminal_binding SET during = tstzrange(lower(during), $1) WHERE terminal_id = 1",
        expected[200],
    )
    await archive.execute("DELETE FROM terminal_binding WHERE terminal_id = 2")
    await archive.execute(
        "INSERT INTO terminal_binding (terminal_id, vehicle_id, during) VALUES (1, 2, tstzrange($1, NULL))",
        expected[200],
    )

    first = times(await archive.read())
    archive.vehicle_id = 2
    second = times(await archive.read())

    assert (first, second) == (expected[:200], expected[200:])


async def test_columns_that_tell_fixes_apart_must_be_among_those_read(archive: Archive) -> None:
    async with archive.reader.acquire() as connection:
        wanted: Any = ("time", "lon")
        with pytest.raises(ValueError, match="must be of position"):
            await reading.fixes(connection, 1, MORNING, MORNING, wanted)
