from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fleet.office import MORNING, Office

WINDOW = {"from": MORNING.isoformat(), "until": (MORNING + timedelta(hours=2)).isoformat()}


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        ("requester.finance", ["finance"]),
        ("clerk03", ["finance", "pool", "school"]),
        ("auditor01", ["finance", "pool", "school", "town"]),
    ],
)
async def test_people_choose_among_the_organisations_they_may_order_for(
    office: Office, login: str, sees: list[str]
) -> None:
    someone = await office.signed_in(login)

    found = (await someone.get("/organisations")).json()

    assert sorted(organisation["code"] for organisation in found) == sees


@pytest.mark.parametrize(("query", "found"), [("开发", ["ZONE"]), ("hall", ["HALL"]), ("%", []), ("_", [])])
async def test_places_are_found_by_a_part_of_their_name(office: Office, query: str, found: list[str]) -> None:
    requester = await office.signed_in("requester.finance")

    places = (await requester.get("/places", params={"q": query})).json()

    assert [place["code"] for place in places] == found


async def test_a_car_in_repair_is_shown_as_not_free(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    await office.fetchval("UPDATE vehicle SET status = 'repair' WHERE plate = '示A·10088' RETURNING 1")

    choices = (await clerk.get("/choices/vehicles", params=WINDOW)).json()

    assert {car["plate"]: car["free"] for car in choices} == {
        "示A·D10273": True,
        "示A·10115": True,
        "示A·10088": False,
    }


async def test_a_reserved_car_is_free_again_after_its_reservation(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    await office.fetchval(
        """INSERT INTO vehicle_reservation (vehicle_id, kind, during)
           SELECT id, 'repair', tstzrange($1, $2) FROM vehicle WHERE plate = '示A·10115' RETURNING 1""",
        MORNING,
        MORNING + timedelta(hours=1),
    )
    later = {"from": (MORNING + timedelta(hours=1)).isoformat(), "until": WINDOW["until"]}

    during = (await clerk.get("/choices/vehicles", params=WINDOW)).json()
    after = (await clerk.get("/choices/vehicles", params=later)).json()

    assert [car["plate"] for car in during if not car["free"]] == ["示A·10115"]
    assert [car["plate"] for car in after if not car["free"]] == []


async def test_a_driver_is_on_shift_only_if_one_covers_the_whole_window(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    too_long = {"from": WINDOW["from"], "until": (MORNING + timedelta(hours=9)).isoformat()}

    within = (await clerk.get("/choices/drivers", params=WINDOW)).json()
    beyond = (await clerk.get("/choices/drivers", params=too_long)).json()

    assert {driver["name"]: driver["on_shift"] for driver in within} == {"张师傅": True, "刘师傅": False}
    assert not any(driver["on_shift"] for driver in beyond)


async def test_a_window_that_ends_before_it_starts_is_refused(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    answer = await clerk.get("/choices/drivers", params={"from": WINDOW["until"], "until": WINDOW["from"]})

    assert answer.status_code == 422
    assert "later than" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/choices/vehicles", "/choices/drivers"])
async def test_only_clerks_choose_cars_and_drivers(office: Office, path: str) -> None:
    requester = await office.signed_in("requester.finance")

    assert (await requester.get(path, params=WINDOW)).status_code == 403
