"""Real parts for every test: a private TimescaleDB, Mosquitto and Valhalla for the whole run.

Each test that asks for `database_url` gets a database of its own, cloned from a migrated template.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import schemas.migrations
from fleet.local.broker_admin import BrokerAdmin
from fleet.local.dynsec import Credential
from fleet.local.engines import Engines, ensure_engines
from fleet.local.mosquitto import MosquittoBroker, local_broker
from fleet.local.paths import LocalPaths, local_paths
from fleet.local.postgres import PROCESS_ROLES, PostgresServer, allow_login, local_postgres
from fleet.local.progress import Steps
from fleet.local.secrets import SecretFile
from fleet.local.service import start
from fleet.local.tilemaker import build_basemap
from fleet.local.valhalla import build_tiles, local_valhalla

TEMPLATE = "motorpool_template"
ROLE_PASSWORD = "role-password"
_database_numbers = itertools.count(1)


@dataclass(frozen=True)
class Broker:
    """The broker of this test run. Terminals are enrolled as tests name them."""

    server: MosquittoBroker

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return self.server.port

    def url(self, user: str) -> str:
        """mqtt:// URL of `ingest`, `gateway` or `fleet`."""
        return self.server.url(user)

    def enrol(self, *terminals: str) -> None:
        """Let terminals connect; the password of terminal T is `secret-T`, its client id must be T."""
        with BrokerAdmin(self.server.url("fleet")) as admin:
            admin.enrol(Credential(terminal, f"secret-{terminal}") for terminal in terminals)

    def terminal_url(self, terminal: str) -> str:
        """Enrol `terminal` and return the mqtt:// URL it connects with."""
        self.enrol(terminal)
        return f"mqtt://{terminal}:secret-{terminal}@{self.host}:{self.port}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=1, help="faults: order and moments of the kills")
    parser.addoption("--long", action="store_true", help="faults: several rounds, and a whole simulated day")
    parser.addoption("--screenshots", action="store_true", help="browser: rewrite docs/screenshots")


@pytest.fixture(scope="session")
def paths() -> Iterator[LocalPaths]:
    """The machine's engine cache and a data folder of this run that an unprivileged engine can reach."""
    data = Path(tempfile.mkdtemp(prefix="motorpool-test-"))
    data.chmod(0o755)
    (data / "logs").mkdir()
    yield replace(local_paths(), data=data)
    if "MOTORPOOL_KEEP_TEST_DATA" not in os.environ:
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def engines(paths: LocalPaths) -> Engines:
    return ensure_engines(paths, Steps())


@pytest.fixture(scope="session")
def postgres(paths: LocalPaths, engines: Engines) -> Iterator[PostgresServer]:
    server = local_postgres(paths.data, engines, SecretFile(paths.data / "secrets.json"))
    server = replace(server, shared_buffers_mb=128, max_connections=200)
    child = start(server.service(), paths.logs)
    try:
        child.wait_ready()
        yield server
    finally:
        child.stop()


@pytest.fixture(scope="session")
def template_database(postgres: PostgresServer) -> str:
    """Name of a database with every migration in it and nothing else; process roles may log in."""
    url = postgres.ensure_database(TEMPLATE)
    schemas.migrations.upgrade(url)
    for role in PROCESS_ROLES:
        allow_login(url, role, ROLE_PASSWORD)
    return TEMPLATE


@pytest.fixture
def database_url(postgres: PostgresServer, template_database: str) -> Iterator[str]:
    """A fresh migrated database, as its owner (superuser): postgresql://..."""
    name = f"test_{next(_database_numbers)}"
    identifiers = {"name": sql.Identifier(name), "template": sql.Identifier(template_database)}
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**identifiers))
        yield postgres.url(name)
        connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**identifiers))


@pytest.fixture
def role_url(database_url: str) -> Callable[[str], str]:
    """`role_url("motorpool_api")`: the test's database as one of the process roles."""

    def url(role: str) -> str:
        return f"postgresql://{role}:{ROLE_PASSWORD}@{database_url.rpartition('@')[2]}"

    return url


@pytest.fixture(scope="session")
def broker(paths: LocalPaths, engines: Engines) -> Iterator[Broker]:
    """One broker for the run: use terminal ids of your own test so that tests do not hear each other."""
    server = local_broker(paths.data, engines, SecretFile(paths.data / "secrets.json"))
    child = start(server.service(), paths.logs)
    try:
        child.wait_ready()
        yield Broker(server)
    finally:
        child.stop()


@pytest.fixture(scope="session")
def city_pbf(paths: LocalPaths) -> Path:
    """The generated city of seed 7 as an OpenStreetMap extract."""
    from simulators.city import write_city

    extract = paths.data / "city.osm.pbf"
    write_city(extract, seed=7)
    return extract


@pytest.fixture(scope="session")
def valhalla_url(paths: LocalPaths, engines: Engines, city_pbf: Path) -> Iterator[str]:
    """A road network over the generated city: http://..."""
    service = local_valhalla(paths.data, build_tiles(paths.cache, city_pbf, engines), engines)
    child = start(service.service(), paths.logs)
    try:
        child.wait_ready()
        yield service.url
    finally:
        child.stop()


@pytest.fixture(scope="session")
def basemap(paths: LocalPaths, engines: Engines, city_pbf: Path) -> Path:
    """The base map of the generated city, a PMTiles file."""
    return build_basemap(paths.cache, city_pbf, engines)
