"""Workers share the topics among them; what one of them leaves behind, another finishes (invariant 1)."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from ingest.settings import IngestSettings
from ingest.shards import ShardRange, ranges_of
from tests.conftest import Broker
from tests.ingest.conftest import CLOCK, eventually, running
from tests.ingest.terminal import Terminal
from tests.ingest.world import Registry, fix

Settings = Callable[..., IngestSettings]
Fleet = list[Terminal]
FIXES = 400


@pytest.fixture
def fleet(registry: Registry, broker: Broker, terminal_code: str) -> Iterator[Fleet]:
    """Two connected terminals in each half of the shards."""
    codes = (f"{terminal_code}-{number}" for number in itertools.count())
    halves: dict[ShardRange, list[str]] = {half: [] for half in ranges_of(2)}
    while any(len(found) < 2 for found in halves.values()):
        code = next(codes)
        half = next(half for half in halves if half.has(code))
        halves[half] = [*halves[half], code][:2]
    with ExitStack() as connected:
        chosen = [code for found in halves.values() for code in found]
        for code in chosen:
            registry.terminal(code)
        yield [connected.enter_context(Terminal(code, broker.terminal_url(code))) for code in chosen]


@contextmanager
def process(settings: IngestSettings) -> Iterator[subprocess.Popen[bytes]]:
    """`motorpool ingest` as a process of its own; killed at the end."""
    environment = {
        "MOTORPOOL_DATABASE_URL": settings.database_url.get_secret_value(),
        "MOTORPOOL_MQTT_URL": settings.mqtt_url.get_secret_value(),
        "MOTORPOOL_CLOCK": CLOCK,
        "MOTORPOOL_INGEST_CLIENT_ID": settings.ingest_client_id,
        "MOTORPOOL_INGEST_BATCH_MESSAGES": "20",
    }
    command = [sys.executable, "-m", "ingest", "ingest", "--ranges", str(settings.ingest_ranges)]
    worker = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def send(fleet: Fleet, first: int, last: int) -> None:
    for seq in range(first, last):
        for terminal in fleet:
            terminal.send(fix(seq))


def is_told(fleet: Fleet, upto: int) -> bool:
    return all(terminal.is_told(1, seq) for terminal in fleet for seq in range(upto))


def owners(registry: Registry) -> list[str | None]:
    return [
        name for (name,) in registry.rows("SELECT worker FROM ingest_range WHERE NOT retired ORDER BY number")
    ]


def stored(registry: Registry) -> list[int]:
    """Rows of each terminal, and how many of them are different fixes."""
    return [
        count
        for row in registry.rows("SELECT count(*), count(DISTINCT seq) FROM position GROUP BY terminal_id")
        for count in row
    ]


def are_shared_by(registry: Registry, workers: int, ranges: int = 2) -> bool:
    held = owners(registry)
    return len(held) == ranges and None not in held and len(set(held)) == workers


@pytest.mark.faults
def test_a_killed_workers_range_is_finished_by_another_and_nothing_is_stranded(
    worker_settings: Settings, registry: Registry, fleet: Fleet
) -> None:
    """These terminals send each fix once: what the dead worker had in hand comes from its session alone."""
    settings = worker_settings(ingest_ranges=2)

    with process(settings) as first, process(settings):
        eventually(lambda: are_shared_by(registry, 2), "each worker serves one range")
        eventually(lambda: all_opened(registry), "the broker keeps what comes for both")
        send(fleet, 0, FIXES // 2)
        eventually(lambda: all(terminal.acks for terminal in fleet), "both ranges are under way")
        first.kill()
        told = {
            terminal.code: [seq for seq in range(FIXES) if terminal.is_told(1, seq)] for terminal in fleet
        }
        send(fleet, FIXES // 2, FIXES)
        eventually(lambda: is_told(fleet, FIXES), "every fix is acknowledged, each range by the survivor")

        assert are_shared_by(registry, 1)

    assert any(told.values())
    assert stored(registry) == [FIXES] * 8


@pytest.mark.faults
def test_a_worker_that_comes_back_gets_its_share_back(
    worker_settings: Settings, registry: Registry, fleet: Fleet
) -> None:
    settings = worker_settings(ingest_ranges=2)

    with process(settings):
        eventually(lambda: are_shared_by(registry, 1) and all_opened(registry), "one worker serves both")
        send(fleet, 0, 50)
        with process(settings):
            send(fleet, 50, 100)
            eventually(lambda: are_shared_by(registry, 2), "the newcomer was given a range")
            send(fleet, 100, 150)
            eventually(lambda: is_told(fleet, 150), "both serve")

    assert stored(registry) == [150] * 8


@pytest.mark.parametrize(("before", "after"), [(1, 2), (3, 1)])
def test_another_number_of_ranges_strands_nothing(
    worker_settings: Settings, registry: Registry, fleet: Fleet, before: int, after: int
) -> None:
    """What came while no worker ran lies in sessions of ranges that are no more: emptied, then ended."""
    with running(worker_settings(ingest_ranges=before)):
        eventually(lambda: all_opened(registry), "the broker keeps what comes")
    send(fleet, 0, 100)

    with running(worker_settings(ingest_ranges=after)):
        eventually(lambda: is_told(fleet, 100), "what lay in the earlier sessions is stored")
        eventually(lambda: registry.value("SELECT count(*) FROM ingest_range") == after, "they are ended")
        send(fleet, 100, 150)
        eventually(lambda: is_told(fleet, 150), "the new ranges serve")

    assert stored(registry) == [150] * 8


def test_a_second_worker_of_a_single_range_stands_by(
    worker_settings: Settings, registry: Registry, fleet: Fleet
) -> None:
    settings = worker_settings()

    with running(settings) as standby:
        pass
    with process(settings) as first:
        eventually(lambda: owners(registry) != [None], "the first serves")
        serving = owners(registry)
        with process(settings):
            eventually(lambda: registry.value("SELECT count(*) FROM ingest_worker") == 2, "the second lives")
            send(fleet, 0, 20)
            eventually(lambda: is_told(fleet, 20), "the first serves undisturbed")
            assert owners(registry) == serving
            first.kill()
            send(fleet, 20, 40)
            eventually(lambda: is_told(fleet, 40), "the second took over")

    assert not standby.receiving
    assert stored(registry) == [40] * 8


def test_a_running_number_of_ranges_stays_in_force(worker_settings: Settings, registry: Registry) -> None:
    with process(worker_settings(ingest_ranges=2)):
        eventually(lambda: are_shared_by(registry, 1), "two ranges are in force")
        with running(worker_settings(ingest_ranges=4)):
            eventually(lambda: are_shared_by(registry, 2), "the newcomer joins them")
            assert len(owners(registry)) == 2


def test_a_worker_that_hangs_loses_its_ranges_though_its_connection_stands(
    worker_settings: Settings, registry: Registry, ingest_url: str
) -> None:
    """Its last sign of life is older than a lease; the connection named in the roster is alive."""
    with psycopg.connect(ingest_url, autocommit=True) as hanging:
        pid, start = hanging.execute(
            "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        ).fetchone() or (0, None)
        settings = worker_settings()
        registry.value(
            """INSERT INTO ingest_worker (name, station, backend_pid, backend_start, able, seen_at)
               VALUES ('hanging', %s, %s, %s, true, clock_timestamp() - interval '11 s') RETURNING 1""",
            settings.ingest_client_id,
            pid,
            start,
        )
        registry.value(
            """INSERT INTO ingest_range (client_id, station, number, ranges, worker)
               VALUES (%s, %s, 0, 1, 'hanging') RETURNING 1""",
            settings.ingest_client_id,
            settings.ingest_client_id,
        )

        with running(settings):
            assert owners(registry) not in ([None], ["hanging"])


def all_opened(registry: Registry) -> bool:
    return bool(
        registry.value("SELECT coalesce(bool_and(opened), false) FROM ingest_range WHERE NOT retired")
    )


@pytest.mark.faults
def test_a_worker_that_was_stopped_finds_its_range_taken_and_gets_one_back(
    worker_settings: Settings, registry: Registry, fleet: Fleet
) -> None:
    """SIGSTOP leaves its connections standing; awake again it believes for a moment that nothing happened."""
    settings = worker_settings(ingest_ranges=2)

    with process(settings) as first, process(settings):
        eventually(lambda: are_shared_by(registry, 2) and all_opened(registry), "each serves one range")
        first.send_signal(signal.SIGSTOP)
        send(fleet, 0, 100)
        eventually(lambda: is_told(fleet, 100), "the other one serves both")
        assert are_shared_by(registry, 1)
        first.send_signal(signal.SIGCONT)
        send(fleet, 100, 200)
        eventually(lambda: are_shared_by(registry, 2), "the first has a range again")
        send(fleet, 200, 250)
        eventually(lambda: is_told(fleet, 250), "both serve")

    assert stored(registry) == [250] * 8


def test_a_database_that_was_away_for_a_moment_moves_no_range(
    worker_settings: Settings, registry: Registry
) -> None:
    """All connections end at once; whoever is back first does not take the others for dead."""
    settings = worker_settings(ingest_ranges=2)
    connections = "SELECT pid FROM pg_stat_activity WHERE application_name = 'motorpool-ingest-roster'"

    with running(settings), process(settings):
        eventually(lambda: are_shared_by(registry, 2), "each serves one range")
        before, ended = owners(registry), set(registry.rows(connections))
        registry.rows(f"SELECT pg_terminate_backend(pid) FROM ({connections}) AS theirs")
        eventually(lambda: len(set(registry.rows(connections)) - ended) == 2, "both are back")
        beats = "SELECT count(*) FROM ingest_worker WHERE seen_at > clock_timestamp() - interval '0.5 s'"
        eventually(lambda: registry.value(beats) == 2, "both have looked at the roster")

        assert owners(registry) == before


def test_a_worker_that_is_cut_off_from_the_broker_leaves_its_range_to_one_that_is_not(
    worker_settings: Settings, registry: Registry, fleet: Fleet
) -> None:
    """It lives and keeps its place in the roster, but the broker does not answer it."""
    cut_off = worker_settings(mqtt_url="mqtt://ingest:secret@127.0.0.1:1")

    with process(cut_off):
        eventually(lambda: owners(registry) not in ([], [None]), "it has the range")
        first = owners(registry)
        with running(worker_settings()):
            assert owners(registry) not in (first, [None])
            send(fleet, 0, 20)
            eventually(lambda: is_told(fleet, 20), "the other one serves")
