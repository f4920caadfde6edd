"""The worker between a real broker and a real database."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import psycopg

from ingest.message import Message
from ingest.settings import IngestSettings
from ingest.worker import portions
from schemas.telemetry import Ack, Event
from tests.conftest import Broker
from tests.ingest.conftest import eventually, running
from tests.ingest.terminal import Terminal
from tests.ingest.world import NOON, NOON_MS, Registry, fields, fix

Settings = Callable[..., IngestSettings]


def test_a_terminal_hears_an_ack_once_its_fix_is_stored(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)

    with running(worker_settings()), Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        terminal.send(fix(0))

        assert terminal.wait(lambda: terminal.is_told(1, 0))
        assert registry.value("SELECT count(*) FROM position") == 1


def test_no_ack_before_the_commit(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str, database_url: str
) -> None:
    """Invariant 1: while the table is locked the transaction cannot commit, and nothing is said."""
    registry.terminal(terminal_code)

    with running(worker_settings()), Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        with psycopg.connect(database_url) as locker:
            locker.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
            terminal.send(fix(0))
            eventually(lambda: _waits_for_lock(registry), "the worker's INSERT waits for the lock")
            assert not terminal.wait(lambda: bool(terminal.acks), seconds=1)
            locker.rollback()

        assert terminal.wait(lambda: terminal.is_told(1, 0))
        assert registry.value("SELECT count(*) FROM position") == 1


def _waits_for_lock(registry: Registry) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'position'::regclass"
    return bool(registry.value(waiting))


def test_a_lost_connection_to_the_database_costs_nothing(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'motorpool-ingest'"
    )

    with running(worker_settings()), Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        terminal.send(fix(0))
        assert terminal.wait(lambda: terminal.is_told(1, 0))
        assert registry.value(kill)
        terminal.send(fix(1))

        assert terminal.wait(lambda: terminal.is_told(1, 1))
        assert registry.value("SELECT count(*) FROM position") == 2


def test_the_broker_keeps_what_comes_while_no_worker_runs(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)

    with Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        with running(worker_settings()):
            terminal.send(fix(0))
            assert terminal.wait(lambda: terminal.is_told(1, 0))
        terminal.send([fix(1), fix(2)])
        assert not terminal.wait(lambda: terminal.is_told(1, 2), seconds=0.2)

        with running(worker_settings()):
            assert terminal.wait(lambda: Ack(1, 2, []) in terminal.acks)

    assert registry.value("SELECT count(*) FROM position") == 3


def test_a_stop_commits_and_acknowledges_what_is_held(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    """A batch is gathered for five seconds here; the stop comes long before."""
    registry.terminal(terminal_code)

    with Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        with running(worker_settings(ingest_batch_ms=5_000)) as worker:
            terminal.send([fix(seq) for seq in range(50)])
            eventually(lambda: worker.waiting > 0, "the worker holds the message")

        assert terminal.wait(lambda: Ack(1, 49, []) in terminal.acks)
        assert registry.value("SELECT count(*) FROM position") == 50

        with running(worker_settings()) as successor:
            terminal.send(fix(50))
            assert terminal.wait(lambda: terminal.is_told(1, 50))
        delivered_again = successor.metrics.registry.get_sample_value("ingest_duplicate_total")
        assert delivered_again == 0


def test_every_kind_of_message_and_format_comes_through(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)

    with running(worker_settings()), Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        terminal.send({"online": True, "firmware": "2.1"}, kind="status")
        terminal.send(Event(NOON_MS, "door"), kind="event")
        terminal.send(msgspec.msgpack.encode([fix(0), fix(1)]), content_type="application/msgpack")
        terminal.send(b"{", content_type="application/json")
        terminal.send(fields(seq=2, lat=91))

        assert terminal.wait(lambda: terminal.is_told(1, 2))

    assert registry.value("SELECT count(*) FROM position") == 2
    assert registry.rows("SELECT kind FROM terminal_event") == [("door",)]
    assert registry.rows("SELECT reason FROM dead_letter ORDER BY id") == [("malformed",), ("out_of_range",)]
    assert registry.rows("SELECT boot, upto, ranges, online FROM terminal_progress") == [(1, 2, [], True)]


def test_a_backlog_of_arrays_is_cut_into_portions() -> None:
    """Nothing is left out and nothing comes twice or out of its order."""
    sizes = [10, 10, 10, 50, 5, 5, 25]
    messages = [Message("mp/v1/00/T1/fix", bytes(size), NOON) for size in sizes]

    parts = list(portions(messages, 30))

    assert [[len(message.payload) for message in part] for part in parts] == [
        [10, 10, 10],
        [50],
        [5, 5],
        [25],
    ]
    assert [message for part in parts for message in part] == messages


def test_metrics_tell_what_became_of_the_messages(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)

    with (
        running(worker_settings()) as worker,
        Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal,
    ):
        for content in (fix(0), fix(0), fields(seq=1, lat=91)):
            terminal.send(content)
        assert terminal.wait(lambda: terminal.is_told(1, 1))
        value = worker.metrics.registry.get_sample_value
        eventually(lambda: value("ingest_quarantined_total", {"reason": "out_of_range"}) == 1, "counted")

    assert value("ingest_received_total") == 3
    assert value("ingest_committed_total") == 1
    assert value("ingest_duplicate_total") == 1
    assert (value("ingest_commit_seconds_count") or 0) >= 1
