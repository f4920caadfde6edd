from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.identity.tokens import COOKIE
from tests.fleet.office import PASSWORD, Office


async def test_a_clerk_signs_in_and_is_told_who_they_are(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    me = (await clerk.get("/session")).json()

    assert (me["login"], me["roles"], me["organisation"]["name"]) == ("clerk03", ["clerk"], "机关事务中心")


async def test_a_driver_is_known_as_driver(office: Office) -> None:
    driver = await office.signed_in("driver01")

    assert (await driver.get("/session")).json()["driver_id"] is not None


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: Office) -> None:
    answer = await office.browser().post("/session", json={"login": "clerk03", "password": PASSWORD})

    attributes = answer.headers["set-cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=strict" in attributes


async def test_the_database_never_holds_the_token_itself(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    token = clerk.cookies[COOKIE].encode()

    assert await office.fetchval("SELECT count(*) FROM account_session WHERE token_digest = $1", token) == 0


@pytest.mark.parametrize(
    ("login", "password"), [("clerk03", "wrong"), ("nobody", PASSWORD), ("clerk03\x00", PASSWORD)]
)
async def test_a_wrong_login_and_a_wrong_password_read_the_same(
    office: Office, login: str, password: str
) -> None:
    answer = await office.browser().post("/session", json={"login": login, "password": password})

    assert answer.status_code in {401, 422}
    assert "set-cookie" not in answer.headers
    assert "no such" not in answer.text


async def test_guessing_is_slowed_down_even_for_the_right_password(office: Office) -> None:
    browser = office.browser()
    for _ in range(5):
        await browser.post("/session", json={"login": "clerk03", "password": "wrong"})

    answer = await browser.post("/session", json={"login": "clerk03", "password": PASSWORD})

    assert answer.status_code == 429
    assert "Wait" in answer.json()["remedy"]


async def test_guessing_one_login_does_not_lock_out_another(office: Office) -> None:
    browser = office.browser()
    for _ in range(5):
        await browser.post("/session", json={"login": "clerk03", "password": "wrong"})

    answer = await browser.post("/session", json={"login": "auditor01", "password": PASSWORD})

    assert answer.status_code == 200


async def test_after_signing_out_the_session_opens_nothing(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    token = clerk.cookies[COOKIE]

    assert (await clerk.delete("/session")).status_code == 204

    clerk.cookies.set(COOKIE, token)
    answer = await clerk.get("/requests")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_simulated_day_signs_nobody_out(office: Office) -> None:
    clerk = await office.signed_in("clerk03")

    office.clock.instant += timedelta(days=30)

    assert (await clerk.get("/session")).status_code == 200


async def test_a_change_without_our_header_is_refused(office: Office) -> None:
    """A form of another site can make a browser send the cookie, but not the header."""
    clerk = await office.signed_in("clerk03")
    del clerk.headers["X-Motorpool"]

    answer = await clerk.delete("/session")

    assert answer.status_code == 403
    assert "X-Motorpool" in answer.json()["detail"]


async def test_accounts_of_a_demo_are_offered_only_in_a_demo(office: Office) -> None:
    assert (await office.browser().get("/demo/accounts")).status_code == 404


async def test_signing_in_leaves_an_audit_entry(office: Office) -> None:
    """DESIGN §4.5."""
    await office.signed_in("clerk03")

    entries = "SELECT count(*) FROM audit_entry WHERE action = 'account.sign_in' AND actor = '陈调度'"
    assert await office.fetchval(entries) == 1
