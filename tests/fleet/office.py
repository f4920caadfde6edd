"""A small town for tests of the office: a pool, two departments, their people and three cars."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from fleet.identity.tokens import COOKIE
from schemas.clock import FixedClock

MORNING = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
"""Wednesday 09:00 in Shanghai."""
PASSWORD = "long-enough-for-a-test"
ADMIN = "admin"


def town() -> dict[str, Any]:
    """What the administrator imports. The office stands at 117.00 E, 36.65 N."""
    people = [
        ("clerk03", "pool", "陈调度", ["clerk"]),
        ("auditor01", "town", "周审计", ["auditor"]),
        ("driver01", "pool", "张师傅", ["driver"]),
        ("driver02", "pool", "刘师傅", ["driver"]),
        ("requester.finance", "finance", "宋科长", ["requester"]),
        ("approver.finance", "finance", "罗局长", ["unit_approver", "requester"]),
        ("requester.school", "school", "程科长", ["requester"]),
        ("approver.school", "school", "邓局长", ["unit_approver"]),
    ]
    cars = [("示A·10088", "sedan", 4), ("示A·10115", "mpv", 6), ("示A·D10273", "suv", 4)]
    return {
            "organisations": [
                _organisation("pool", "机关事务中心", ["supplier"]),
                _organisation("finance", "财政局", ["user"]),
                _organisation("school", "教育局", ["user"]),
            ],
            "accounts": [
                {"login": login, "password": PASSWORD, "organisation": where, "name": name, "roles": roles}
                for login, where, name, roles in people
            ],
            "depots": [
                {"code": "D1", "organisation": "pool", "name": "政务中心车场", "name_en": "Main depot",
                 "lon": 117.0, "lat": 36.65, "bays": [
                     {"code": f"B{number}", "lon": 117.0 + number / 10_000, "lat": 36.65}
                     for number in range(1, 4)]},
            ],
            "vehicles": [
                {"plate": plate, "organisation": "pool", "vehicle_class": "general", "body": body,
                 "energy": "electric" if "D" in plate else "petrol", "seats": seats, "luggage": 2,
                 "range_km": 400, "depot": "D1", "bay": f"B{number}"}
                for number, (plate, body, seats) in enumerate(cars, 1)
            ],
            "drivers": [{"login": "driver01", "depot": "D1"}, {"login": "driver02", "depot": "D1"}],
            "shifts": [
                {"driver": "driver01", "plate": "示A·10088",
                 "starts_at": (MORNING - timedelta(hours=2)).isoformat(),
                 "ends_at": (MORNING + timedelta(hours=8)).isoformat()},
            ],
            "terminals": [
                {"code": f"T000{number}", "plate": plate, "interval_moving_s": 10,
                 "bound_from": (MORNING - timedelta(days=30)).isoformat()}
                for number, (plate, _, _) in enumerate(cars, 1)
            ],
            "places": [
                {"code": "HALL", "name": "市政务中心", "name_en": "City Hall", "kind": "office",
                 "lon": 117.0, "lat": 36.65},
                {"code": "ZONE", "name": "开发区管委会", "name_en": "Development Zone", "kind": "office",
                 "lon": 117.05, "lat": 36.68},
            ],
    }  # fmt: skip


def _organisation(code: str, name: str, kinds: list[str]) -> dict[str, Any]:
    return {"code": code, "parent": "town", "name": name, "name_en": code.title(), "kinds": kinds}


def trip(**changes: Any) -> dict[str, Any]:
    """A valid new request for 10:10 to 11:00, with `changes`."""
    return {
        "contact_name": "李科长",
        "origin": {"name": "市政务中心", "lon": 117.0, "lat": 36.65},
        "destination": {"name": "开发区管委会", "lon": 117.05, "lat": 36.68},
        "passengers": 3,
        "pickup_from": (MORNING + timedelta(minutes=70)).isoformat(),
        "arrive_by": (MORNING + timedelta(minutes=120)).isoformat(),
        **changes,
    }


@dataclass
class Office:
    """The running application, its clock that stands still until moved, and people at their browsers."""

    app: FastAPI
    clock: FixedClock
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self) -> httpx.AsyncClient:
        """Nobody signed in."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://motorpool.test/api/v1",
            headers={"X-Motorpool": "1"},
        )
        self.browsers.append(client)
        return client

    async def signed_in(self, login: str) -> httpx.AsyncClient:
        client = self.browser()
        answer = await client.post("/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        assert COOKIE in client.cookies
        return client

    async def fetchval(self, query: str, *values: Any) -> Any:
        async with self.app.state.pool.acquire() as connection:
            return await connection.fetchval(query, *values)

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.aclose()
