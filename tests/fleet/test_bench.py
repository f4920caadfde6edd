"""`motorpool bench` gathers what the packages measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from fleet.bench import bench_group
from fleet.cli import app
from fleet.local.engines import Engines


def measure(json_file: Annotated[Path, typer.Option("--json")]) -> None:
    json_file.write_text('{"ratio": 0.5}')


def fail(json_file: Annotated[Path, typer.Option("--json")]) -> None:
    raise typer.Exit(2)


def run(*arguments: str, **benches: object) -> int:
    commands = {}
    for package, function in benches.items():
        bench = typer.Typer()
        bench.command()(function)  # type: ignore[type-var]
        commands[package] = get_command(bench)
    code = bench_group(commands).main([*arguments], "bench", standalone_mode=False)
    return int(code or 0)


def test_the_figures_of_all_packages_are_written_into_one_file(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"

    assert run("--json", str(file), schemas=measure, dispatch=measure) == 0

    assert json.loads(file.read_text()) == {"schemas": {"ratio": 0.5}, "dispatch": {"ratio": 0.5}}


def test_a_benchmark_that_fails_fails_the_whole(tmp_path: Path) -> None:
    assert run("--json", str(tmp_path / "bench.json"), schemas=measure, dispatch=fail) == 2


def test_ingest_is_measured_on_engines_of_its_own_where_none_are_configured(
    engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOTORPOOL_DATABASE_URL", raising=False)
    monkeypatch.delenv("MOTORPOOL_BENCH_BROKER_URL", raising=False)
    file = tmp_path / "ingest.json"

    done = CliRunner().invoke(
        app,
        ["bench", "ingest", "--seconds", "0.1", "--terminals", "20", "--rounds", "1", "--json", str(file)],
    )

    assert done.exit_code == 0, done.output
    assert json.loads(file.read_text())["terminals"] == 20
