from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fleet.office import ADMIN, MORNING, PASSWORD, Office, town


async def test_an_empty_installation_takes_a_whole_town(empty_office: Office) -> None:
    admin = await empty_office.signed_in(ADMIN)

    answer = await admin.post("/admin/registry", json=town())

    assert answer.json()["added"] == {
        "organisations": 3, "accounts": 8, "depots": 1, "bays": 3, "vehicles": 3, "drivers": 2, "shifts": 1,
        "terminals": 3, "places": 2,
    }  # fmt: skip


async def test_importing_the_same_file_again_changes_nothing(office: Office) -> None:
    admin = await office.signed_in(ADMIN)

    result = (await admin.post("/admin/registry", json=town())).json()

    assert (result["added"], result["changed"]) == ({}, {})
    assert result["unchanged"]["vehicles"] == 3


async def test_a_changed_row_is_changed_and_the_others_stay(office: Office) -> None:
    admin = await office.signed_in(ADMIN)
    data = town()
    data["vehicles"][0]["seats"] = 3

    result = (await admin.post("/admin/registry", json=data)).json()

    assert result["changed"] == {"vehicles": 1}
    assert await office.fetchval("SELECT seats FROM vehicle WHERE plate = '示A·10088'") == 3


async def test_an_import_never_changes_the_password_of_somebody_who_has_one(office: Office) -> None:
    admin = await office.signed_in(ADMIN)
    data = town()
    for account in data["accounts"]:
        account["password"] = "another-password"

    await admin.post("/admin/registry", json=data)

    browser = office.browser()
    answer = await browser.post("/session", json={"login": "clerk03", "password": PASSWORD})
    assert answer.status_code == 200


def _second(section: str, **changes: Any) -> dict[str, Any]:
    data = town()
    data[section][-1].update(changes)
    return data


OVERLAPPING = {
    "driver": "driver01",
    "starts_at": MORNING.isoformat(),
    "ends_at": (MORNING + timedelta(hours=1)).isoformat(),
}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_second("vehicles", bay="B9"), "vehicles[2] 示A·D10273: there is no bay B9 of depot D1"),
        (_second("vehicles", organisation="moon"), "vehicles[2] 示A·D10273: there is no organisation moon"),
        (_second("drivers", login="nobody"), "drivers[1] nobody: there is no account nobody"),
        (_second("terminals", plate="示A·99999"), "terminals[2] T0003: there is no vehicle 示A·99999"),
        (_second("organisations", parent=None), "organisations[2] school: it lies outside"),
        ({"shifts": [*town()["shifts"], OVERLAPPING]}, "shifts[1] driver01: overlaps another shift"),
        (
            {"geofences": [{"organisation": "pool", "name": "本市", "kind": "service_area",
                            "boundary": {"type": "Point", "coordinates": [117, 36]}}]},
            "geofences[0] 本市: the boundary must be",
        ),
    ],
)  # fmt: skip
async def test_an_error_names_its_row_and_nothing_is_kept(
    empty_office: Office, data: dict[str, Any], says: str
) -> None:
    admin = await empty_office.signed_in(ADMIN)
    data = {**town(), **data}

    answer = await admin.post("/admin/registry", json=data)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(says)
    assert await empty_office.fetchval("SELECT count(*) FROM vehicle") == 0


async def test_only_an_administrator_imports(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    assert (await clerk.post("/admin/registry", json=town())).status_code == 403


async def test_what_belongs_to_another_organisation_stays_untouched(office: Office) -> None:
    """An administrator of one department cannot take over the pool's cars (DESIGN §4.6)."""
    admin = await office.signed_in(ADMIN)
    local = {"login": "admin.finance", "password": PASSWORD, "organisation": "finance", "name": "管理员",
             "roles": ["administrator"]}  # fmt: skip
    await admin.post("/admin/registry", json={"accounts": [local]})
    admin_of_finance = await office.signed_in("admin.finance")
    stolen = {"vehicles": [{**town()["vehicles"][0], "organisation": "finance"}]}

    answer = await admin_of_finance.post("/admin/registry", json=stolen)

    assert answer.status_code == 422
    assert "outside yours" in answer.json()["detail"]


async def test_moving_a_terminal_ends_its_binding_and_has_the_trips_worked_out_anew(office: Office) -> None:
    admin = await office.signed_in(ADMIN)
    new_car = {**town()["vehicles"][0], "plate": "示A·10999"}
    moved = {
        "code": "T0001",
        "plate": "示A·10999",
        "interval_moving_s": 10,
        "bound_from": MORNING.isoformat(),
    }

    result = await admin.post("/admin/registry", json={"vehicles": [new_car], "terminals": [moved]})

    assert result.json()["changed"] == {"terminals": 1}
    bindings = """SELECT array_agg(v.plate ORDER BY b.during) FROM terminal_binding b
                  JOIN terminal t ON t.id = b.terminal_id JOIN vehicle v ON v.id = b.vehicle_id
                  WHERE t.code = 'T0001' AND (upper_inf(b.during) OR upper(b.during) = $1)"""
    assert await office.fetchval(bindings, MORNING) == ["示A·10088", "示A·10999"]
    told = """SELECT count(*) FROM position_change c JOIN terminal t ON ARRAY[t.id] = c.terminal_ids
              WHERE t.code = 'T0001' AND c.changed_from = ARRAY[$1::timestamptz]"""
    assert await office.fetchval(told, MORNING) == 1


async def test_a_car_carries_one_terminal_at_a_time(office: Office) -> None:
    admin = await office.signed_in(ADMIN)
    second = {"code": "T0009", "plate": "示A·10088", "bound_from": MORNING.isoformat()}

    answer = await admin.post("/admin/registry", json={"terminals": [second]})

    assert (
        answer.json()["detail"]
        == "terminals[0] T0009: the vehicle already carries another terminal in this time"
    )


async def test_the_first_administrator_stands_at_the_top(empty_office: Office) -> None:
    admin = await empty_office.signed_in(ADMIN)

    me = (await admin.get("/session")).json()

    assert me["roles"] == ["administrator"]
    assert (
        await empty_office.fetchval("SELECT path::text FROM organisation WHERE parent_id IS NULL") == "town"
    )
