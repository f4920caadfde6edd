"""The broker's queue near its bound, its drops, and a database that stores nothing are said clearly."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from ingest.broker_probe import try_queue
from ingest.broker_watch import BrokerReading, BrokerWatch, QueueJudge
from ingest.database import trouble_of
from ingest.sample import fix_time
from ingest.settings import IngestSettings
from tests.conftest import Broker
from tests.ingest.careless import careless_url
from tests.ingest.conftest import eventually, running
from tests.ingest.terminal import Terminal
from tests.ingest.world import NOON_MS, Registry, fix, message

__all__ = ["careless_url"]

Settings = Callable[..., IngestSettings]
BUDGET = 1000


class Hand:
    """A clock of seconds that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def alarms(judge: QueueJudge, **figures: int) -> list[str]:
    return [alarm.what for alarm in judge.judge(BrokerReading(**figures))]


def test_the_alarm_comes_at_half_of_the_budget_and_again_every_minute() -> None:
    clock = Hand()
    judge = QueueJudge(BUDGET, clock)

    assert alarms(judge, bytes=499, messages=4) == []
    assert "at 50% of its budget" in alarms(judge, bytes=500, messages=5)[0]
    assert judge.alarmed
    clock.seconds = 59
    assert alarms(judge, bytes=600, messages=6) == []
    clock.seconds = 60
    assert "at 60%" in alarms(judge, bytes=600, messages=6)[0]


def test_the_alarm_is_over_only_well_below_half() -> None:
    judge = QueueJudge(BUDGET, Hand())
    alarms(judge, bytes=500)

    assert alarms(judge, bytes=450) == []
    assert "back at 39%" in alarms(judge, bytes=390)[0]
    assert not judge.alarmed


def test_every_drop_is_told_also_across_a_restart_of_the_broker() -> None:
    judge = QueueJudge(BUDGET, Hand())

    assert alarms(judge, dropped=0) == []
    told = [alarm for count in (7, 7, 9, 2) for alarm in judge.judge(BrokerReading(dropped=count))]

    assert [alarm.dropped for alarm in told] == [7, 2, 2]


def test_a_real_broker_tells_of_its_queue(worker_settings: Settings) -> None:
    watch = BrokerWatch(worker_settings())
    watch.start()

    eventually(lambda: watch.watches, "$SYS is heard")

    watch.stop()
    assert watch.reading.uptime_s is not None


def test_a_real_drop_is_an_alarm(worker_settings: Settings, careless_url: str) -> None:
    """Mosquitto keeps 1,000 messages for a client that is away; 2,000 are sent to one."""
    settings = worker_settings(mqtt_url=careless_url)
    dropped: list[int] = []
    watch = BrokerWatch(settings, dropped.append)
    watch.start()
    eventually(lambda: watch.watches, "$SYS is heard")

    with capture_logs() as logs:
        kept = try_queue(settings.broker(), None).kept
        eventually(lambda: sum(dropped) >= 2_000 - kept > 0, "what was dropped is counted")

    watch.stop()
    assert any("dropped" in str(entry["event"]) for entry in logs if entry["log_level"] == "error")


def test_a_broker_near_its_bound_is_an_alarm_in_log_and_metrics(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str, database_url: str
) -> None:
    """The database is locked, so what a terminal sends stays in the broker's store."""
    registry.terminal(terminal_code)
    settings = worker_settings(ingest_broker_budget_bytes=1)

    with capture_logs() as logs, running(settings) as worker:
        value = worker.metrics.registry.get_sample_value
        with psycopg.connect(database_url) as locker:
            locker.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
            with Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
                terminal.send(fix(0))
                eventually(lambda: value("unacked_inflight") == 1, "the message is in our hands")
                eventually(lambda: value("broker_queue_alarm") == 1, "the alarm is raised")
            locker.rollback()
        eventually(lambda: value("unacked_inflight") == 0, "it was acknowledged")

    assert value("broker_stored_bytes") is not None
    assert any("of its budget" in str(entry["event"]) for entry in logs if entry["log_level"] == "error")


def test_delays_are_measured_on_one_fix_of_each_batch(
    worker_settings: Settings, registry: Registry, broker: Broker, terminal_code: str
) -> None:
    registry.terminal(terminal_code)

    with running(worker_settings()) as worker:
        with Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
            terminal.send(fix(0))
            assert terminal.wait(lambda: terminal.is_told(1, 0))
        value = worker.metrics.registry.get_sample_value
        eventually(lambda: value("app_ack_seconds_count") == 1, "counted")

    assert value("device_to_commit_seconds_count") == 1
    assert (value("device_to_commit_seconds_sum") or 0) >= 600  # the fix was taken ten minutes before noon


def test_the_time_of_a_message_is_that_of_its_first_fix() -> None:
    when = (NOON_MS - 600_000) / 1000

    assert fix_time(message("T1", fix(0))) == when
    assert fix_time(message("T1", [fix(0), fix(9)])) == when
    assert [fix_time(message("T1", content)) for content in (b"", b"{", [], {"time": "x"})] == [None] * 4
    assert fix_time(message("T1", fix(0), kind="status")) is None


def test_a_database_that_is_away_is_said_and_measured(worker_settings: Settings) -> None:
    nowhere = worker_settings(database_url="postgresql://motorpool_ingest@127.0.0.1:1/nowhere")

    with capture_logs() as logs, running(nowhere) as worker:
        value = worker.metrics.registry.get_sample_value
        worker._receiver.take = lambda *_: time.sleep(0.01) or [message("T1", fix(0))]  # type: ignore[method-assign]
        eventually(lambda: value("ingest_database_trouble", {"kind": "away"}) == 1, "the trouble is shown")
        assert (value("ingest_database_failing_seconds") or 0) > 0

    said = [entry["event"] for entry in logs if entry.get("trouble") == "away"]
    assert said[0] == "the database is not reachable; nothing is acknowledged, the broker keeps it"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.DiskFull(), "disk_full"),
        (psycopg.errors.LockNotAvailable(), "locked"),
        (psycopg.errors.DeadlockDetected(), "locked"),
        (psycopg.errors.AdminShutdown(), "away"),
        (psycopg.errors.CannotConnectNow(), "away"),
        (psycopg.OperationalError("connection refused"), "away"),
        (psycopg.errors.InsufficientPrivilege(), "other"),
    ],
)
def test_troubles_are_told_apart(error: Any, kind: str) -> None:
    assert trouble_of(error) == kind
