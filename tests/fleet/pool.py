"""A motor pool in the generated city, reached over HTTP, with a planner of the test's own beside it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from fleet.api.app import create_app
from fleet.database import open_pool
from fleet.identity.administrator import create_administrator
from fleet.local.postgres import PostgresServer
from fleet.planning.desk import Preparation
from fleet.planning.leader import leading
from fleet.planning.planner import Planner
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from fleet.planning.solver import Solver
from fleet.settings import Settings
from schemas.clock import FixedClock
from tests.conftest import ROLE_PASSWORD
from tests.fleet.office import ADMIN, MORNING, PASSWORD, Office

POOL_TEMPLATE = "motorpool_pool"
_numbers = itertools.count(1)

PLACES = {
    "市政务中心": (117.9056, 36.6017),
    "开发区管委会": (117.9486, 36.6307),
    "市人民医院": (117.8752, 36.6147),
    "市档案馆": (117.9145, 36.6146),
    "高铁南站": (117.9073, 36.5607),
    "海上": (0.0, 0.0),
}
CARS = [
    ("示A·10088", "sedan", "petrol", 4, False),
    ("示A·10115", "mpv", "petrol", 6, False),
    ("示A·D10273", "suv", "electric", 4, False),
    ("示A·10150", "mpv", "petrol", 4, True),
]
DRIVERS = ["driver01", "driver02", "driver03", "driver04"]


def at(minutes: int) -> str:
    """`minutes` after 09:00 in Shanghai, the start of every test."""
    return (MORNING + timedelta(minutes=minutes)).isoformat()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def place(name: str) -> dict[str, Any]:
    lon, lat = PLACES[name]
    return {"name": name, "lon": lon, "lat": lat}


def pool_world() -> dict[str, Any]:
    """What the administrator imports: four cars and four drivers at one depot, two departments."""
    people = [("clerk03", "pool", "陈调度", ["clerk"]), ("clerk02", "pool", "常调度", ["clerk"])]
    people += [(login, "pool", f"{'张刘赵陈'[i]}师傅", ["driver"]) for i, login in enumerate(DRIVERS)]
    people += [("requester.finance", "finance", "宋科长", ["requester"])]
    return {
        "organisations": [
            _organisation("pool", "机关事务中心", "supplier"),
            _organisation("finance", "财政局", "user"),
            _organisation("school", "教育局", "user"),
            _organisation("neighbour", "邻市机关事务中心", "supplier"),
        ],
        "accounts": [
            {"login": login, "password": PASSWORD, "organisation": where, "name": name, "roles": roles}
            for login, where, name, roles in [*people, ("clerk99", "neighbour", "外调度", ["clerk"])]
        ],
        "depots": [
            {"code": "D1", "organisation": "pool", "name": "政务中心车场", "name_en": "Main depot",
             "lon": 117.9043, "lat": 36.5949,
             "bays": [{"code": f"B{n}", "lon": 117.9043, "lat": 36.5949} for n in range(1, 5)]},
        ],
        "vehicles": [
            {"plate": plate, "organisation": "pool", "vehicle_class": "general", "body": body,
             "energy": energy, "seats": seats, "luggage": 3, "wheelchair": wheelchair, "range_km": 400,
             "depot": "D1", "bay": f"B{n}"}
            for n, (plate, body, energy, seats, wheelchair) in enumerate(CARS, 1)
        ],
        "drivers": [{"login": login, "depot": "D1"} for login in DRIVERS],
        "shifts": [{"driver": login, "starts_at": at(-120), "ends_at": at(600)} for login in DRIVERS],
    }  # fmt: skip


def _organisation(code: str, name: str, kind: str) -> dict[str, Any]:
    return {"code": code, "parent": "town", "name": name, "name_en": code.title(), "kinds": [kind]}


@dataclass
class MotorPool:
    """The office over the pool, its clerk at the browser, and how to reach the parts behind it."""

    office: Office
    clerk: httpx.AsyncClient
    owner_url: str
    planner_settings: Settings
    planning: PlanningSettings

    async def ask(self, start: str, destination: str, ready: int, by: int, **changes: Any) -> dict[str, Any]:
        """A clerk's direct request, from `ready` to `by` minutes after the start of the test."""
        new = {
            "organisation_id": await self.organisation("finance"),
            "contact_name": "李科长",
            "contact_phone": "13812345678",
            "origin": place(start),
            "destination": place(destination),
            "passengers": 2,
            "pickup_from": at(ready),
            "arrive_by": at(by),
            **changes,
        }
        asked: dict[str, Any] = await self.ok(self.clerk.post("/requests", json=new))
        return asked

    async def organisation(self, code: str) -> int:
        return int(await self.office.fetchval("SELECT id FROM organisation WHERE code = $1", code))

    async def vehicle(self, plate: str) -> int:
        return int(await self.office.fetchval("SELECT id FROM vehicle WHERE plate = $1", plate))

    async def driver(self, login: str) -> int:
        return int(
            await self.office.fetchval(
                "SELECT d.id FROM driver d JOIN account a ON a.id = d.account_id WHERE a.login = $1", login
            )
        )

    async def login_of(self, driver_id: int) -> str:
        return str(
            await self.office.fetchval(
                "SELECT a.login FROM driver d JOIN account a ON a.id = d.account_id WHERE d.id = $1",
                driver_id,
            )
        )

    @staticmethod
    async def ok(answer: Any) -> Any:
        """The JSON of an answer that must be a success."""
        response = await answer
        assert response.is_success, response.text
        return response.json()

    async def proposals(self, request: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.ok(self.clerk.get(f"/requests/{request['id']}/proposals"))
        return found

    async def request(self, request: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.ok(self.clerk.get(f"/requests/{request['id']}"))
        return found

    async def confirm_first(self, request: dict[str, Any]) -> dict[str, Any]:
        found = await self.proposals(request)
        best = found["proposals"][0]
        run: dict[str, Any] = await self.ok(self.clerk.post(f"/proposals/{best['id']}/confirm"))
        return run

    async def assign(
        self, request: dict[str, Any], plate: str, login: str, reason: str = "领导指定"
    ) -> httpx.Response:
        choice = {
            "vehicle_id": await self.vehicle(plate),
            "driver_id": await self.driver(login),
            "reason": reason,
        }
        return await self.clerk.post(f"/requests/{request['id']}/assign", json=choice)

    async def driver_of(self, run: dict[str, Any]) -> Driver:
        login = await self.login_of(run["driver_id"])
        return Driver(self, await self.office.signed_in(login))

    def pass_time(self, minutes: float) -> None:
        self.office.clock.instant += timedelta(minutes=minutes)

    @property
    def now(self) -> datetime:
        return self.office.clock.instant

    @asynccontextmanager
    async def planner(self) -> AsyncIterator[Planner]:
        """A planner that leads, with just the rights of its database role."""
        pool = await open_pool(self.planner_settings, "planner")
        router, solver = Router(self.planner_settings.valhalla_url, 10), Solver()
        try:
            async with leading(self.planner_settings, "127.0.0.1:1") as lease:
                assert lease is not None
                preparation = Preparation(router, self.planning)
                yield Planner(pool, preparation, solver, self.planning, self.office.clock, lease.token)
        finally:
            solver.close()
            await router.close()
            await pool.close()

    async def plan(self, *, search: bool = False) -> None:
        """One pass of a planner."""
        async with self.planner() as planner:
            await planner.pass_over(search=search)


@dataclass
class Driver:
    """A driver with a phone."""

    pool: MotorPool
    phone: httpx.AsyncClient

    async def tap(self, run: dict[str, Any], **changes: Any) -> httpx.Response:
        """Press the step that is next, now."""
        due = run["next_step"]
        step = {
            "idempotency_key": str(uuid4()),
            "action": due["action"],
            "stop_id": due["stop_id"],
            "occurred_at": self.pool.now.isoformat(),
            **changes,
        }
        return await self.phone.post(f"/runs/{run['id']}/steps", json=step)

    async def go_on(self, run: dict[str, Any], taps: int) -> dict[str, Any]:
        """Press the next step `taps` times, a minute between two."""
        for _ in range(taps):
            self.pool.pass_time(1)
            run = await self.pool.ok(self.tap(run))
        return run


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Office]:
    """The application over a database, its clock standing still at the start of the test."""
    app = create_app(settings)
    app.state.clock = clock = FixedClock(MORNING)
    async with app.router.lifespan_context(app):
        office = Office(app, clock)
        yield office
        await office.close()


@pytest.fixture(scope="session")
async def pool_template(postgres: PostgresServer, template_database: str) -> str:
    """Name of a database with the pool of this module in it."""
    postgres_clone(postgres, POOL_TEMPLATE, template_database)
    owner = Settings(database_url=SecretStr(postgres.url(POOL_TEMPLATE)), database_pool_size=4)
    async with opened(owner) as office:
        async with office.app.state.pool.acquire() as connection, connection.transaction():
            await create_administrator(
                connection, login=ADMIN, password=PASSWORD, name="管理员", organisation="town", now=MORNING
            )
        admin = await office.signed_in(ADMIN)
        answer = await admin.post("/admin/registry", json=pool_world())
        assert answer.status_code == 200, answer.text
    return POOL_TEMPLATE


@pytest.fixture
def pool_database(postgres: PostgresServer, pool_template: str) -> Iterator[str]:
    """Name of a fresh database with the pool in it."""
    name = f"pool_{next(_numbers)}"
    postgres_clone(postgres, name, pool_template)
    yield name
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def pool(postgres: PostgresServer, pool_database: str, valhalla_url: str) -> AsyncIterator[MotorPool]:
    """The office over the pool, and a planner, each with just the rights of its database role."""

    def settings(role: str, connections: int) -> Settings:
        host = postgres.url(pool_database).rpartition("@")[2]
        return Settings(
            database_url=SecretStr(f"postgresql://{role}:{ROLE_PASSWORD}@{host}"),
            database_pool_size=connections,
            valhalla_url=valhalla_url,
        )

    async with opened(settings("motorpool_api", 30)) as office:
        clerk = await office.signed_in("clerk03")
        owner_url = postgres.url(pool_database)
        yield MotorPool(office, clerk, owner_url, settings("motorpool_planner", 4), PlanningSettings())


def postgres_clone(postgres: PostgresServer, name: str, template: str) -> None:
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
