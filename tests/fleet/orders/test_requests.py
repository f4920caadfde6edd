from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fleet.office import MORNING, Office, trip


async def test_a_requesters_application_waits_for_their_unit(office: Office) -> None:
    requester = await office.signed_in("requester.finance")

    answer = await requester.post("/requests", json=trip())

    assert answer.status_code == 201
    request = answer.json()
    assert (request["status"], request["kind"]) == ("unit_review", "normal")
    assert request["number"].startswith("YC-0311-")
    assert request["organisation"]["name"] == "财政局"


async def test_a_clerks_direct_order_goes_straight_to_dispatch(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    school = await _organisation_id(office, "school")

    request = (await clerk.post("/requests", json=trip(organisation_id=school))).json()

    assert (request["status"], request["kind"]) == ("pending_dispatch", "direct")
    assert request["organisation"]["id"] == school


async def test_an_approved_request_reaches_the_clerks_queue(office: Office) -> None:
    request = await _applied(office)
    approver = await office.signed_in("approver.finance")

    approved = await approver.post(f"/requests/{request['id']}/approve", json={"note": "同意"})

    assert approved.json()["status"] == "pending_dispatch"
    assert approved.json()["decided_by"] == "罗局长"
    clerk = await office.signed_in("clerk03")
    assert [row["number"] for row in (await clerk.get("/requests")).json()] == [request["number"]]


async def test_without_a_proposal_it_must_be_decided_a_quarter_before_pickup(office: Office) -> None:
    request = await _applied(office)

    assert request["decide_by"] == "2026-03-11T01:55:00Z"
    assert request["pickup_until"] == "2026-03-11T02:25:00Z"


async def test_a_step_leaves_its_audit_entry_and_tells_both_organisations(office: Office) -> None:
    """DESIGN §4.5."""
    request = await _applied(office)

    entries = "SELECT array_agg(action) FROM audit_entry WHERE subject_kind = 'request' AND subject_id = $1"
    told = """SELECT array_agg(o.code ORDER BY o.code) FROM notification n
              JOIN organisation o ON o.id = n.organisation_id WHERE n.topic = 'request' AND subject_id = $1"""
    assert await office.fetchval(entries, str(request["id"])) == ["request.create"]
    assert await office.fetchval(told, str(request["id"])) == ["finance", "pool"]


async def test_nobody_approves_their_own_request(office: Office) -> None:
    approver = await office.signed_in("approver.finance")
    request = (await approver.post("/requests", json=trip())).json()

    answer = await approver.post(f"/requests/{request['id']}/approve", json={})

    assert answer.status_code == 403
    assert "of their own" in answer.json()["detail"]


async def test_a_request_is_decided_once(office: Office) -> None:
    request = await _applied(office)
    approver = await office.signed_in("approver.finance")
    await approver.post(f"/requests/{request['id']}/approve", json={})

    answer = await approver.post(f"/requests/{request['id']}/reject", json={"note": "不同意"})

    assert answer.status_code == 409
    assert "pending_dispatch" in answer.json()["detail"]
    assert "unit_review" in answer.json()["detail"]


async def test_a_rejection_needs_its_reason(office: Office) -> None:
    request = await _applied(office)
    approver = await office.signed_in("approver.finance")

    answer = await approver.post(f"/requests/{request['id']}/reject", json={})

    assert answer.status_code == 422
    assert "reason" in answer.json()["detail"]


async def test_a_requester_withdraws_before_the_decision(office: Office) -> None:
    requester = await office.signed_in("requester.finance")
    request = (await requester.post("/requests", json=trip())).json()

    answer = await requester.post(f"/requests/{request['id']}/cancel", json={})

    assert answer.json()["status"] == "withdrawn"
    assert (await requester.get("/requests")).json() == []


async def test_a_colleague_may_not_cancel_it(office: Office) -> None:
    request = await _applied(office)
    colleague = await office.signed_in("approver.finance")

    assert (await colleague.post(f"/requests/{request['id']}/cancel", json={})).status_code == 403


async def test_a_clerk_cancels_what_waits_for_a_car(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    request = (await clerk.post("/requests", json=trip())).json()

    answer = await clerk.post(f"/requests/{request['id']}/cancel", json={"note": "会议取消"})

    assert answer.json()["status"] == "cancelled"


@pytest.mark.parametrize("step", ["", "/approve", "/reject", "/cancel", "/proposals"])
async def test_a_request_of_another_organisation_does_not_exist_for_them(office: Office, step: str) -> None:
    """DESIGN §4.6."""
    request = await _applied(office)
    stranger = await office.signed_in(
        "approver.school" if step in {"/approve", "/reject"} else "requester.school"
    )
    method = "POST" if step in {"/approve", "/reject", "/cancel"} else "GET"

    answer = await stranger.request(
        method, f"/requests/{request['id']}{step}", json={"note": "看看"} if method == "POST" else None
    )

    assert answer.status_code in {403, 404}
    assert request["number"] not in answer.text
    assert answer.status_code == 404 or step == "/proposals"


async def test_the_list_shows_no_other_organisations_requests(office: Office) -> None:
    """DESIGN §4.6."""
    await _applied(office)
    stranger = await office.signed_in("requester.school")

    assert (await stranger.get("/requests")).json() == []


async def test_a_requester_cannot_order_for_another_organisation(office: Office) -> None:
    requester = await office.signed_in("requester.school")
    finance = await _organisation_id(office, "finance")

    answer = await requester.post("/requests", json=trip(organisation_id=finance))

    assert answer.status_code == 404


@pytest.mark.parametrize("login", ["driver01", "auditor01"])
async def test_only_requesters_and_clerks_order_trips(office: Office, login: str) -> None:
    someone = await office.signed_in(login)

    assert (await someone.post("/requests", json=trip())).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"arrive_by": (MORNING + timedelta(minutes=10)).isoformat()}, "body", "end before it starts"),
        ({"pickup_until": MORNING.isoformat()}, "body", "pickup_until must lie between"),
        ({"passengers": 0}, "passengers", "greater than or equal to 1"),
        ({"passanger": 3}, "passanger", "Extra inputs are not permitted"),
        ({"origin": {"name": "A", "lon": 117, "lat": 91}}, "origin.lat", "less than or equal to 90"),
        ({"pickup_from": "2026-03-11T10:10:00"}, "pickup_from", "timezone"),
        ({"contact_name": " "}, "contact_name", "at least 1 character"),
    ],
)
async def test_bad_input_is_refused_naming_the_field(
    office: Office, wrong: dict[str, Any], field: str, says: str
) -> None:
    requester = await office.signed_in("requester.finance")

    answer = await requester.post("/requests", json=trip(**wrong))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert (error["field"], says in error["message"]) == (field, True), error
    assert await office.fetchval("SELECT count(*) FROM request") == 0


async def test_a_pickup_that_is_over_is_refused(office: Office) -> None:
    requester = await office.signed_in("requester.finance")
    office.clock.instant += timedelta(hours=2)

    answer = await requester.post("/requests", json=trip())

    assert answer.status_code == 422
    assert "it is 2026-03-11 11:00 now" in answer.json()["detail"]


async def test_text_the_database_cannot_hold_is_the_clients_error(office: Office) -> None:
    requester = await office.signed_in("requester.finance")

    answer = await requester.post("/requests", json=trip(purpose="nul \x00 byte"))

    assert answer.status_code == 422


async def _applied(office: Office) -> dict[str, Any]:
    requester = await office.signed_in("requester.finance")
    request: dict[str, Any] = (await requester.post("/requests", json=trip())).json()
    return request


async def _organisation_id(office: Office, code: str) -> int:
    return int(await office.fetchval("SELECT id FROM organisation WHERE code = $1", code))
