"""The office over a real database, reached through its HTTP interface."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from fleet.api.app import create_app
from fleet.identity.administrator import create_administrator
from fleet.local.postgres import PostgresServer
from fleet.settings import Settings
from schemas.clock import FixedClock
from tests.conftest import ROLE_PASSWORD
from tests.fleet.office import ADMIN, MORNING, PASSWORD, Office, town
from tests.fleet.pool import pool, pool_database, pool_template

__all__ = ["empty_office", "office", "pool", "pool_database", "pool_template", "town_template", "town_url"]

TOWN_TEMPLATE = "motorpool_town"
_town_numbers = itertools.count(1)


@pytest.fixture
async def empty_office(role_url: Callable[[str], str]) -> AsyncIterator[Office]:
    """An application over a database that knows one administrator."""
    async with opened(role_url("motorpool_api")) as office:
        await _add_administrator(office)
        yield office


@pytest.fixture
async def office(town_url: str) -> AsyncIterator[Office]:
    """The application over the town of tests.fleet.office, with just the rights of its database role."""
    as_api = f"postgresql://motorpool_api:{ROLE_PASSWORD}@{town_url.rpartition('@')[2]}"
    async with opened(as_api) as office:
        yield office


@pytest.fixture
def town_url(postgres: PostgresServer, town_template: str) -> Iterator[str]:
    """A fresh database with the town in it, as its owner."""
    name = f"town_{next(_town_numbers)}"
    _clone(postgres, name, town_template)
    yield postgres.url(name)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
async def town_template(postgres: PostgresServer, template_database: str) -> str:
    _clone(postgres, TOWN_TEMPLATE, template_database)
    async with opened(postgres.url(TOWN_TEMPLATE)) as office:
        await _add_administrator(office)
        admin = await office.signed_in(ADMIN)
        answer = await admin.post("/admin/registry", json=town())
        assert answer.status_code == 200, answer.text
    return TOWN_TEMPLATE


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Office]:
    app = create_app(Settings(database_url=SecretStr(database_url), database_pool_size=4))
    app.state.clock = clock = FixedClock(MORNING)
    async with app.router.lifespan_context(app):
        office = Office(app, clock)
        yield office
        await office.close()


async def _add_administrator(office: Office) -> None:
    async with office.app.state.pool.acquire() as connection, connection.transaction():
        await create_administrator(
            connection, login=ADMIN, password=PASSWORD, name="管理员", organisation="town", now=MORNING
        )


def _clone(postgres: PostgresServer, name: str, template: str) -> None:
    identifiers = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**identifiers))
