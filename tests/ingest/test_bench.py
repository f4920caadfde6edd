"""`motorpool bench ingest`: figures of one run as a table and as JSON; they are not judged here."""

from __future__ import annotations

from pathlib import Path

import msgspec
from typer.testing import CliRunner, Result

from ingest.bench import Figures
from ingest.cli import app
from tests.ingest.world import Registry

TINY = ("--messages", "60", "--terminals", "4", "--rounds", "1")
LEFT = "SELECT count(*) FROM position UNION ALL SELECT count(*) FROM terminal"


def bench(database_url: str, *arguments: str) -> Result:
    environment = {"COLUMNS": "200", "MOTORPOOL_DATABASE_URL": database_url}
    return CliRunner(env=environment).invoke(app, ["bench", *TINY, *arguments])


def test_three_ways_to_store_are_measured_and_nothing_is_left_behind(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "bench.json"

    first, again = bench(database_url, "--json", str(file)), bench(database_url)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    figures = msgspec.json.decode(file.read_bytes(), type=Figures)
    assert (figures.messages, figures.terminals, figures.naive_messages) == (60, 4, 60)
    assert figures.messages_per_second > 0
    assert "one INSERT each" in first.stdout


def test_a_database_in_use_is_refused_and_kept(database_url: str, registry: Registry) -> None:
    registry.terminal("T1")

    result = bench(database_url)

    assert result.exit_code == 2
    assert "it holds organisations, terminals or fixes" in result.stderr
    assert registry.value("SELECT count(*) FROM terminal") == 1


def test_a_database_without_the_schema_is_refused(database_url: str) -> None:
    result = bench(database_url.rpartition("/")[0] + "/postgres")

    assert result.exit_code == 2
    assert "it has no schema of Motorpool" in result.stderr
