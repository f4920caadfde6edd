"""Whatever dies: what a terminal was told is stored once, and everything is told in the end (invariant 1)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fleet.local.dynsec import Credential
from fleet.local.engines import Engines
from fleet.local.mosquitto import MosquittoBroker, local_broker
from fleet.local.paths import LocalPaths
from fleet.local.secrets import SecretFile
from fleet.local.service import start
from ingest.settings import IngestSettings
from tests.conftest import Broker
from tests.ingest.conftest import CLOCK, eventually, running
from tests.ingest.terminal import Terminal
from tests.ingest.world import Registry, fix

Settings = Callable[..., IngestSettings]
FIXES = 600
GRACE_S = 10


@contextmanager
def process(settings: IngestSettings) -> Iterator[subprocess.Popen[bytes]]:
    """`motorpool ingest` as a process of its own; killed at the end."""
    environment = {
        "MOTORPOOL_DATABASE_URL": settings.database_url.get_secret_value(),
        "MOTORPOOL_MQTT_URL": settings.mqtt_url.get_secret_value(),
        "MOTORPOOL_CLOCK": CLOCK,
        "MOTORPOOL_INGEST_CLIENT_ID": settings.ingest_client_id,
        "MOTORPOOL_INGEST_BATCH_MESSAGES": str(settings.ingest_batch_messages),
        "MOTORPOOL_INGEST_BACKLOG_MESSAGES": str(settings.ingest_backlog_messages),
    }
    worker = subprocess.Popen([sys.executable, "-m", "ingest", "ingest"], env={**os.environ, **environment})
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def send_unacknowledged(terminal: Terminal, upto: int) -> None:
    """What a terminal's store-and-forward does: send again everything it was not told of."""
    outstanding = [seq for seq in range(upto) if not terminal.is_told(1, seq)]
    for seq in outstanding:
        terminal.send(fix(seq, oldest=outstanding[0]))


def ledger(terminal: Terminal) -> set[int]:
    """The numbers the terminal was told are dealt with."""
    return {seq for seq in range(FIXES) if terminal.is_told(1, seq)}


@pytest.mark.faults
def test_kill_9_of_the_worker_in_mid_stream_loses_and_doubles_nothing(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)
    settings = worker_settings(ingest_batch_messages=20, ingest_backlog_messages=20)
    with running(settings):
        pass  # from now on the broker keeps what comes for the worker

    with Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        for fault in range(1, 4):
            with process(settings) as worker:
                send_unacknowledged(terminal, fault * FIXES // 3)
                told = len(terminal.acks)
                assert terminal.wait(lambda enough=told + 3: len(terminal.acks) >= enough)
                worker.send_signal(signal.SIGKILL)
                worker.wait()
            stored = {seq for (seq,) in registry.rows("SELECT seq FROM position")}
            assert ledger(terminal) <= stored
        with process(settings):
            send_unacknowledged(terminal, FIXES)
            assert terminal.wait(lambda: ledger(terminal) == set(range(FIXES)))

    assert sorted(registry.rows("SELECT seq FROM position")) == [(seq,) for seq in range(FIXES)]


@pytest.mark.faults
def test_a_terminated_process_ends_cleanly_and_in_time(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)

    with (
        Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal,
        process(worker_settings()) as worker,
    ):
        eventually(lambda: _is_told_after_sending(terminal), "the worker works")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(GRACE_S) == 0


def _is_told_after_sending(terminal: Terminal) -> bool:
    terminal.send(fix(0))
    return terminal.wait(lambda: terminal.is_told(1, 0), seconds=0.2)


@pytest.mark.faults
def test_with_the_database_away_nothing_is_told_and_the_broker_keeps_it(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)
    nowhere = worker_settings(database_url="postgresql://motorpool_ingest@127.0.0.1:1/nowhere")

    with Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        with running(nowhere):
            terminal.send(fix(0))
            assert not terminal.wait(lambda: bool(terminal.acks), seconds=0.5)

        with running(worker_settings()):
            assert terminal.wait(lambda: terminal.is_told(1, 0))
            assert registry.value("SELECT count(*) FROM position") == 1


@pytest.mark.faults
def test_acknowledgements_never_cross_from_one_connection_into_the_next(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str, database_url: str
) -> None:
    """The connection breaks between receipt and commit: committed, delivered again, stored once."""
    registry.terminal(terminal_code)
    settings = worker_settings()

    with running(settings) as worker, Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        with psycopg.connect(database_url) as locker:
            locker.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
            terminal.send(fix(0))
            eventually(lambda: _waits_for_lock(registry), "the worker's INSERT waits for the lock")
            _push_out(settings)
            eventually(lambda: worker.receiving, "the worker is back at the broker")
            locker.rollback()
        terminal.send(fix(1))

        assert terminal.wait(lambda: terminal.is_told(1, 1))
        value = worker.metrics.registry.get_sample_value
        eventually(lambda: value("ingest_duplicate_total") == 1, "the broker delivered the fix again")
        assert registry.rows("SELECT seq FROM position ORDER BY seq") == [(0,), (1,)]


def _waits_for_lock(registry: Registry) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'position'::regclass"
    return bool(registry.value(waiting))


def _push_out(settings: IngestSettings) -> None:
    """Take the worker's client id over for a moment, which ends its connection."""
    address = settings.broker()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.ingest_client_id,
        protocol=mqtt.MQTTv5,
        manual_ack=True,
    )
    client.username_pw_set(address.username, address.password)
    client.on_connect = lambda *_: client.disconnect()
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = settings.ingest_session_expiry_s
    client.connect(address.host, address.port, clean_start=False, properties=properties)
    client.loop_forever()


@pytest.fixture
def own_broker(
    tmp_path_factory: Any, paths: LocalPaths, engines: Engines, terminal_code: str
) -> MosquittoBroker:
    """A broker that this test may stop."""
    data = paths.data / f"broker-{terminal_code}"
    data.mkdir(mode=0o755)
    terminal = Credential(terminal_code, f"secret-{terminal_code}")
    return local_broker(data, engines, SecretFile(data / "secrets.json"), terminals=(terminal,))


@pytest.mark.faults
def test_a_restart_of_the_broker_is_survived(
    worker_settings: Settings,
    registry: Registry,
    own_broker: MosquittoBroker,
    terminal_code: str,
    paths: LocalPaths,
) -> None:
    registry.terminal(terminal_code)
    spec = replace(own_broker.service(), name=f"broker-{terminal_code}")
    first = start(spec, paths.logs)
    first.wait_ready()
    settings = worker_settings(mqtt_url=own_broker.url("ingest"))

    with running(settings) as worker, Terminal(terminal_code, own_broker.url(terminal_code)) as terminal:
        terminal.send(fix(0))
        assert terminal.wait(lambda: terminal.is_told(1, 0))
        first.stop()
        eventually(lambda: not worker.receiving, "the worker notices")
        second = start(spec, paths.logs)
        second.wait_ready()
        eventually(lambda: worker.receiving, "the worker is back")
        terminal.send(fix(1))
        assert terminal.wait(lambda: terminal.is_told(1, 1))

    second.stop()
