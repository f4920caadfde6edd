from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from ingest.database import Database
from ingest.settings import IngestSettings
from ingest.terminals import Terminals
from ingest.validate import Bounds
from ingest.worker import Worker
from ingest.writer import Writer
from tests.conftest import Broker
from tests.ingest.world import NOON, Registry

PATIENCE_S = 30.0
CLOCK = f"simulated,{NOON.isoformat()},{time.time()!r},1.0"
_numbers = itertools.count(1)


@pytest.fixture
def registry_of_nobody(database_url: str) -> Iterator[Registry]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Registry(connection)


@pytest.fixture
def registry(registry_of_nobody: Registry) -> Registry:
    registry_of_nobody.depot()
    return registry_of_nobody


@pytest.fixture
def ingest_url(role_url: Callable[[str], str]) -> str:
    """The test's database with no more rights than ingest has in production."""
    return role_url("motorpool_ingest")


@pytest.fixture
def new_writer(ingest_url: str, registry: Registry) -> Iterator[Callable[[], Writer]]:
    """Makes writers with nothing in memory, as a starting process has. They look for strangers every time."""
    databases: list[Database] = []
    clock = itertools.count(0, 10)

    def make() -> Writer:
        databases.append(Database(ingest_url, threading.Event()))
        terminals = Terminals(monotonic=lambda: float(next(clock)))
        return Writer(databases[-1], lambda: Bounds.at(NOON, 300, 65_536), terminals)

    yield make
    for database in databases:
        database.close()


@pytest.fixture
def writer(new_writer: Callable[[], Writer]) -> Writer:
    return new_writer()


@pytest.fixture
def terminal_code() -> str:
    """A code no other test uses: the broker is shared by all."""
    return f"ING{next(_numbers):04d}"


@pytest.fixture
def worker_settings(ingest_url: str, broker: Broker) -> Callable[..., IngestSettings]:
    client_id = f"ingest-test-{next(_numbers)}"

    def make(**changes: Any) -> IngestSettings:
        values: dict[str, Any] = {
            "database_url": ingest_url,
            "mqtt_url": broker.url("ingest"),
            "clock": CLOCK,
            "ingest_client_id": client_id,
            "ingest_session_expiry_s": 600,
            "ingest_probe_broker": False,
        }
        return IngestSettings(**values | changes)

    return make


@contextmanager
def running(settings: IngestSettings) -> Iterator[Worker]:
    """A worker in this process; stopped gracefully at the end."""
    worker = Worker(settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        eventually(lambda: worker.receiving, "the broker delivers to the worker")
        yield worker
    finally:
        worker.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.02)
