"""Cases and trips over HTTP, and what an auditor may do with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.conftest import ROLE_PASSWORD
from tests.fleet.conftest import opened
from tests.fleet.office import Office
from tests.fleet.supervision.cases_at_hand import minutes
from tests.fleet.supervision.drives import MORNING, Drive
from tests.fleet.supervision.station import Station

CLEAR = {"action": "clear", "cause_code": "duty"}


@pytest.fixture
async def office(station: Station, town_url: str) -> AsyncIterator[Office]:
    """The application over what supervision found: one drive without an order, the car away for hours."""
    drive = Drive().park(60).drive(6_000, 45).stray(900).drive(3_000, 45).park(150)
    await station.arrive(drive.fixes)
    await station.drain(drive.time)
    as_api = f"postgresql://motorpool_api:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
    async with opened(as_api) as office:
        office.clock.instant = drive.time
        yield office


@pytest.fixture
async def auditor(office: Office) -> httpx.AsyncClient:
    return await office.signed_in("auditor01")


async def first_case(client: httpx.AsyncClient, rule: str = "R01") -> dict[str, Any]:
    cases = (await client.get("/cases")).json()
    (wanted,) = [case for case in cases if rule in case["rules"]]
    return (await client.get(f"/cases/{wanted['id']}")).json()


async def test_an_auditor_sees_the_finding_with_rule_values_and_trip(auditor: httpx.AsyncClient) -> None:
    case = await first_case(auditor)

    assert case["status"] == "to_verify"
    assert case["plate"] == "示A·10088"
    assert case["headline_rule"] == "R01"
    assert case["actions"] == ["request_explanation", "clear", "confirm"]
    (violation,) = case["violations"]
    assert violation["name"] == "无单用车"
    assert violation["thresholds"]["displacement_m"] == 50
    assert violation["measures"]["total_distance_km"] == pytest.approx(9, rel=0.05)
    assert {tried["code"] for tried in violation["explanations"]} >= {"within_depot", "order_shortly_before"}
    assert [entry["action"] for entry in case["entries"]] == ["finding_detected"]

    (trip,) = (await auditor.get("/trips")).json()
    assert trip["id"] == case["trip_id"]
    assert trip["violations"] == 1


async def test_the_track_shows_every_fix_with_its_quality(auditor: httpx.AsyncClient) -> None:
    case = await first_case(auditor)

    track = (await auditor.get(f"/trips/{case['trip_id']}/track")).json()

    assert track["trip"]["plate"] == "示A·10088"
    assert [point["quality"] for point in track["points"]].count("jump") == 1
    assert track["planned"] == []


async def test_the_case_of_a_parking_shows_the_trip_that_led_there(auditor: httpx.AsyncClient) -> None:
    used, parked = await first_case(auditor), await first_case(auditor, "R10")

    assert parked["trip_id"] == used["trip_id"]
    assert parked["severity"] == "yellow"


async def test_asking_for_an_explanation_gives_three_working_days(
    auditor: httpx.AsyncClient, office: Office
) -> None:
    case = await first_case(auditor)
    action = {"action": "request_explanation", "note": "请说明用车事由", "version": case["version"]}

    answer = await auditor.post(f"/cases/{case['id']}/actions", json=action)

    assert answer.status_code == 200, answer.text
    moved = answer.json()
    assert moved["status"] == "explain_requested"
    assert moved["due_at"].startswith("2026-03-16")  # Wednesday, over the weekend
    assert moved["entries"][-1]["who"] == "周审计"
    assert (
        await office.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'case.request_explanation'")
        == 1
    )


async def test_clearing_needs_a_cause_and_closes_the_case(auditor: httpx.AsyncClient) -> None:
    case = await first_case(auditor)
    bare = await auditor.post(
        f"/cases/{case['id']}/actions", json={"action": "clear", "version": case["version"]}
    )
    cleared = await auditor.post(f"/cases/{case['id']}/actions", json={**CLEAR, "version": case["version"]})

    assert bare.status_code == 422
    assert cleared.json()["status"] == "cleared"
    assert cleared.json()["actions"] == []


async def test_two_auditors_cannot_decide_on_the_same_version(auditor: httpx.AsyncClient) -> None:
    case = await first_case(auditor)
    first = await auditor.post(f"/cases/{case['id']}/actions", json={**CLEAR, "version": case["version"]})
    confirm = {"action": "confirm", "note": "认定属实", "version": case["version"]}
    second = await auditor.post(f"/cases/{case['id']}/actions", json=confirm)

    assert first.status_code == 200
    assert second.status_code == 409


async def test_whoever_approved_the_order_does_not_verify_it(
    auditor: httpx.AsyncClient, station: Station, office: Office
) -> None:
    await station.book(MORNING + minutes(200), MORNING + minutes(260))
    await station.execute(
        "UPDATE request SET decided_by = (SELECT id FROM account WHERE login = 'auditor01')"
    )
    await station.execute("UPDATE violation SET run_id = (SELECT id FROM run)")
    case = await first_case(auditor)

    answer = await auditor.post(f"/cases/{case['id']}/actions", json={**CLEAR, "version": case["version"]})

    assert case["actions"] == []
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/cases", "/cases/1", "/trips", "/trips/1/track"])
async def test_drivers_and_requesters_do_not_see_the_supervision(office: Office, path: str) -> None:
    driver = await office.signed_in("driver01")

    assert (await driver.get(path)).status_code == 403


async def test_a_clerk_reads_alerts_but_decides_nothing(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    case = await first_case(clerk)

    answer = await clerk.post(f"/cases/{case['id']}/actions", json={**CLEAR, "version": case["version"]})

    assert case["actions"] == []
    assert answer.status_code == 403


async def test_cases_of_another_organisation_do_not_exist(station: Station, office: Office) -> None:
    await station.execute(
        "UPDATE account SET organisation_id = (SELECT id FROM organisation WHERE code = 'school') "
        "WHERE login = 'auditor01'"
    )
    elsewhere = await office.signed_in("auditor01")

    assert (await elsewhere.get("/cases")).json() == []
    assert (await elsewhere.get("/cases/1")).status_code == 404
    assert (await elsewhere.get("/trips")).json() == []
    assert (await elsewhere.get("/trips/1/track")).status_code == 404


async def test_a_span_that_ends_before_it_begins_is_refused(auditor: httpx.AsyncClient) -> None:
    span = {"from": "2026-03-12T00:00:00Z", "until": "2026-03-11T00:00:00Z"}

    assert (await auditor.get("/trips", params=span)).status_code == 422
