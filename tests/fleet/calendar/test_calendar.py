from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fleet.calendar import CalendarDay, day_kind
from fleet.calendar.model import CalendarGapError
from fleet.calendar.sources import OFFICIAL_YEARS, days_of_file, official_days
from fleet.errors import InvalidError
from tests.fleet.office import ADMIN, Office


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        ("2026-03-11", "workday", ""),
        ("2026-03-14", "weekend", ""),
        ("2026-02-17", "holiday", "春节"),
        ("2026-02-14", "makeup", "春节"),
        ("2026-10-01", "holiday", "国庆节"),
    ],
)
def test_the_announced_arrangement_is_known(day: str, kind: str, name: str) -> None:
    moment = date.fromisoformat(day)

    found = {each.day: each for each in official_days(moment.year)}[moment]

    assert (found.kind, found.name, found.provisional) == (kind, name, False)


@pytest.mark.parametrize("year", OFFICIAL_YEARS)
def test_a_year_has_every_day_once(year: int) -> None:
    days = official_days(year)

    assert len({day.day for day in days}) == len(days) == 365


def test_a_year_that_nobody_announced_is_refused() -> None:
    with pytest.raises(InvalidError, match="2027 is not packaged"):
        official_days(2027)


async def test_a_day_without_a_row_fails_loudly(office: Office) -> None:
    async with office.app.state.pool.acquire() as connection:
        with pytest.raises(CalendarGapError, match="2026-03-11"):
            await day_kind(connection, date(2026, 3, 11))


async def test_an_administrator_imports_the_announced_years_once(office: Office) -> None:
    admin = await office.signed_in(ADMIN)

    first = await admin.post("/admin/calendar", json={})
    again = await admin.post("/admin/calendar", json={})

    assert (first.json(), again.json()) == ({"changed": 730}, {"changed": 0})
    async with office.app.state.pool.acquire() as connection:
        assert await day_kind(connection, date(2026, 2, 14)) == "makeup"


async def test_a_town_may_decide_a_day_of_its_own(office: Office) -> None:
    admin = await office.signed_in(ADMIN)
    await admin.post("/admin/calendar", json={})
    own = {"day": "2026-03-11", "kind": "holiday", "name": "市庆日"}

    answer = await admin.post("/admin/calendar", json={"days": [own]})

    assert answer.json() == {"changed": 1}


async def test_a_clerk_does_not_decide_what_is_a_holiday(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    assert (await clerk.post("/admin/calendar", json={})).status_code == 403


def test_a_file_gives_its_days(tmp_path: Path) -> None:
    file = tmp_path / "calendar.csv"
    file.write_text("day,kind,name,provisional\n2027-01-01,holiday,元旦,yes\n", encoding="utf-8-sig")

    assert days_of_file(file) == [CalendarDay(date(2027, 1, 1), "holiday", "元旦", provisional=True)]


@pytest.mark.parametrize(
    ("line", "says"),
    [("2027-13-01,holiday,", "line 2"), ("2027-01-01,party,", "kind is 'party'"), (",,", "line 2")],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "calendar.csv"
    file.write_text(f"day,kind,name\n{line}\n")

    with pytest.raises(InvalidError, match=says):
        days_of_file(file)
