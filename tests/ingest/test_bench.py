"""`motorpool bench ingest`: figures of one run as a table and as JSON; they are not judged here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from fleet.local.progress import Steps
from fleet.local.scratch_broker import ScratchBrokers, scratch_brokers
from ingest.bench.figures import Figures
from ingest.cli import app
from tests.ingest.world import Registry

TINY = ("--seconds", "0.1", "--terminals", "40", "--rounds", "1")
PROMISED = {
    "ratio_to_null_consumer", "ratio_to_naive", "ratio_to_raw_copy_10_fixes", "worker_cpu_us_per_message",
    "p99_batch_windows_at_80_percent", "cold_bytes_per_fix", "messages_per_second",
}  # fmt: skip


@pytest.fixture
def brokers() -> Iterator[ScratchBrokers]:
    with scratch_brokers(Steps()) as brokers:
        yield brokers


def bench(database_url: str, *arguments: str, **environment: str) -> Result:
    named = {"COLUMNS": "200", "MOTORPOOL_DATABASE_URL": database_url} | environment
    return CliRunner(env=named).invoke(app, ["bench", *TINY, *arguments])


def test_every_way_is_measured_and_nothing_is_left_behind(
    database_url: str, registry_of_nobody: Registry, brokers: ScratchBrokers, tmp_path: Path
) -> None:
    file = tmp_path / "bench.json"
    places = {"MOTORPOOL_BENCH_BROKER_URL": brokers.url, "MOTORPOOL_BENCH_BROKER_PID": str(brokers.pid)}
    assert brokers.secured is not None
    places |= {
        "MOTORPOOL_BENCH_SECURED_LOAD_URL": brokers.secured["gateway"],
        "MOTORPOOL_BENCH_SECURED_INGEST_URL": brokers.secured["ingest"],
        "MOTORPOOL_BENCH_SECURED_PID": str(brokers.secured_pid),
        "MOTORPOOL_BENCH_CA_FILE": str(brokers.ca_file),
    }

    result = bench(database_url, "--json", str(file), **places)

    assert result.exit_code == 0, result.output
    assert msgspec.json.decode(file.read_bytes()).keys() >= PROMISED
    figures = msgspec.json.decode(file.read_bytes(), type=Figures)
    assert figures.terminals == 40
    assert figures.secured is not None
    assert [latency.load for latency in figures.latency] == [0.25, 0.5, 0.8]
    assert "times the naive way" in result.stdout
    assert registry_of_nobody.rows("SELECT id FROM terminal UNION ALL SELECT terminal_id FROM position") == []


def test_a_database_in_use_is_refused_and_kept(database_url: str, registry: Registry) -> None:
    registry.terminal("T1")

    result = bench(database_url, MOTORPOOL_BENCH_BROKER_URL="mqtt://127.0.0.1:1")

    assert result.exit_code == 2
    assert "it holds organisations, terminals or fixes" in result.stderr
    assert registry.value("SELECT count(*) FROM terminal") == 1


def test_a_database_without_the_schema_is_refused(database_url: str) -> None:
    elsewhere = database_url.rpartition("/")[0] + "/postgres"

    result = bench(elsewhere, MOTORPOOL_BENCH_BROKER_URL="mqtt://127.0.0.1:1")

    assert result.exit_code == 2
    assert "it has no schema of Motorpool" in result.stderr


def test_without_a_broker_it_says_which_command_brings_one(database_url: str) -> None:
    result = bench(database_url)

    assert result.exit_code == 2
    assert "run `motorpool bench ingest`" in result.stderr
