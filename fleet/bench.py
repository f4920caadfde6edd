"""`motorpool bench`: the benchmark of one package or of all, with the database that one of them needs."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from fleet.history.bench import cold_bytes_per_fix
from fleet.local.errors import LocalServiceError
from fleet.local.progress import Steps
from fleet.local.scratch import scratch_database
from fleet.local.scratch_broker import scratch_brokers

DATABASE_URL = "MOTORPOOL_DATABASE_URL"
BROKER_URL = "MOTORPOOL_BENCH_BROKER_URL"
COLD = "MOTORPOOL_BENCH_COLD_BYTES_PER_FIX"
ON_ENGINES = frozenset({"ingest"})
"""Packages below fleet cannot start engines: for these it is done here, unless others are configured."""


def bench_group(benches: Mapping[str, Any]) -> TyperGroup:
    """A group of the `bench` commands by package; each takes `--json FILE`."""
    for package in ON_ENGINES & benches.keys():
        benches[package].callback = _on_engines(benches[package].callback)
    bench = typer.Typer()

    @bench.callback(invoke_without_command=True, subcommand_metavar="[PACKAGE]")
    def run_all(
        context: typer.Context,
        json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures here.")] = None,
    ) -> None:
        """Measure against a limit measured in the same run: one PACKAGE, or all of them.

        Example: motorpool bench --json bench.json
        """
        if context.invoked_subcommand is not None:
            return
        figures = {package: _measure(package, command) for package, command in benches.items()}
        if json_file is not None:
            json_file.write_text(json.dumps(figures, indent=2) + "\n")

    group = get_group(bench)
    for package, command in benches.items():
        command.name = package
        group.add_command(command)
    return group


def _measure(package: str, command: Any) -> dict[str, object]:
    """Run one benchmark with its defaults; it prints its table, and its figures are returned."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{package}.json"
        code = command.main(["--json", str(file)], f"motorpool bench {package}", standalone_mode=False)
        if code:
            raise typer.Exit(code)
        figures: dict[str, object] = json.loads(file.read_text())
    return figures


def _on_engines(measure: Callable[..., None]) -> Callable[..., None]:
    @wraps(measure)
    def measure_there(**given: Any) -> None:
        try:
            with _database(), _brokers(), _environment({COLD: str(cold_bytes_per_fix())}):
                measure(**given)
        except LocalServiceError as error:
            typer.echo(f"{error.detail}\n{error.remedy}", err=True)
            raise typer.Exit(1) from error

    return measure_there


@contextmanager
def _database() -> Iterator[None]:
    """While it lasts, the environment names a database: the configured one, or a private one to use up."""
    if DATABASE_URL in os.environ:
        yield
        return
    with scratch_database(Steps()) as url, _environment({DATABASE_URL: url}):
        yield


@contextmanager
def _brokers() -> Iterator[None]:
    """While it lasts, the environment names brokers, as ingest/bench/settings.py reads them."""
    if BROKER_URL in os.environ:
        yield
        return
    with scratch_brokers(Steps()) as brokers:
        named = {BROKER_URL: brokers.url, "MOTORPOOL_BENCH_BROKER_PID": str(brokers.pid)}
        if brokers.secured is not None:
            named |= {
                "MOTORPOOL_BENCH_SECURED_LOAD_URL": brokers.secured["gateway"],
                "MOTORPOOL_BENCH_SECURED_INGEST_URL": brokers.secured["ingest"],
                "MOTORPOOL_BENCH_SECURED_PID": str(brokers.secured_pid),
                "MOTORPOOL_BENCH_CA_FILE": str(brokers.ca_file),
            }
        with _environment(named):
            yield


@contextmanager
def _environment(names: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(names)
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
