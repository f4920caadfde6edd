from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fleet.local.postgres import PostgresServer
from ingest.jt808.flags import ACC_ON, FIXED
from ingest.jt808.items import mileage_item, satellites_item
from ingest.jt808.location import Location
from ingest.jt808.receiver import GatewayReceiver
from ingest.jt808.settings import GatewaySettings
from ingest.worker import Worker
from tests.ingest.conftest import CLOCK, PATIENCE_S, eventually
from tests.ingest.world import NOON, Registry

Settings = Callable[..., GatewaySettings]
_numbers = itertools.count(1)


@pytest.fixture
def phone(registry: Registry) -> str:
    """The number of a terminal that the office has registered."""
    phone = f"138{next(_numbers):08d}"
    registry.value("INSERT INTO terminal (code, protocol) VALUES (%s, 'jt808') RETURNING id", phone)
    return phone


@pytest.fixture
def settings(ingest_url: str) -> Settings:
    def make(**changes: Any) -> GatewaySettings:
        values: dict[str, Any] = {
            "database_url": ingest_url,
            "clock": CLOCK,
            "gateway_port": 0,
            "gateway_poll_s": 0.05,
        }
        return GatewaySettings(**values | changes)

    return make


@pytest.fixture
def gateway(settings: Settings) -> Iterator[GatewayReceiver]:
    with running(settings()) as receiver:
        yield receiver


@contextmanager
def running(settings: GatewaySettings) -> Iterator[GatewayReceiver]:
    """A gateway with its writer in this process; stopped gracefully at the end."""
    receiver = GatewayReceiver(settings)
    worker = Worker(settings, receiver)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        eventually(lambda: receiver.receiving, "the gateway listens")
        yield receiver
    finally:
        worker.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def location(number: int = 0, **changes: Any) -> Location:
    """A good one, `number` seconds after ten to twelve."""
    values: dict[str, Any] = {
        "alarm": 0,
        "status": ACC_ON | FIXED,
        "latitude": 36.65,
        "longitude": 117.01 + number / 10_000,
        "altitude": 52,
        "speed": 42.5,
        "direction": 90,
        "time": NOON - timedelta(minutes=10) + timedelta(seconds=number),
        "items": (mileage_item(1204.5), satellites_item(14)),
    }
    return Location(**values | changes)


@pytest.fixture
def postgres_admin(postgres: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """The server's superuser, outside the test's database."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        yield connection
