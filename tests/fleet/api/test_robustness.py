"""Whatever a client sends, the answer is ours: never a crash, always a problem that names what was wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fleet.office import Office

JUNK: list[Any] = [
    None,
    [],
    {},
    {"note": 1},
    {"note": "x\x00y", "reason": "x\x00yz"},
    {"vehicle_id": 2**63, "driver_id": -1, "reason": "because", "action": "clear", "version": 2**40},
    {"days": [{"day": "9999-12-31", "kind": "workday", "name": "\x00"}]},
    {"pickup_from": "0001-01-01T00:00:00+14:00", "arrive_by": "9999-12-31T23:59:59-12:00",
     "contact_name": "a", "passengers": 1, "origin": {"name": "a", "lon": 0, "lat": 0},
     "destination": {"name": "b", "lon": 0, "lat": 0}},
    {"idempotency_key": "00000000-0000-0000-0000-000000000000", "action": "depart",
     "occurred_at": "0001-01-01T00:00:00+14:00"},
]  # fmt: skip
QUERY = {
    "from": "0001-01-01T00:00:00+14:00",
    "until": "0001-02-01T00:00:00+14:00",
    "on": "0001-01-01",
    "vehicle_id": str(2**62),
    "q": "\x00",
    "limit": "1",
}


@pytest.mark.parametrize("login", ["clerk03", "requester.finance", "driver01", "auditor01", "admin"])
async def test_junk_never_makes_the_server_fail(office: Office, login: str) -> None:
    someone = await office.signed_in(login)
    calls = [
        (method.upper(), path.replace("/api/v1", "", 1))
        for path, methods in office.app.openapi()["paths"].items()
        for method in methods
        if not path.endswith(("/session", "/live"))
    ]

    failed = [
        (method, path, body, answer.text)
        for method, path in calls
        for body in (JUNK if method == "POST" else [None])
        for number in ("1", str(2**63 - 1))
        if (answer := await _send(someone, method, path, number, body)).status_code in {500, 502}
    ]

    assert failed == []


async def _send(someone: Any, method: str, path: str, number: str, body: Any) -> Any:
    address = "/".join(number if part.startswith("{") else part for part in path.split("/"))
    params = QUERY if method == "GET" else None
    return await someone.request(method, address, params=params, json=body if method == "POST" else None)
