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

from fleet.local.errors import LocalServiceError
from fleet.local.progress import Steps
from fleet.local.scratch import scratch_database

DATABASE_URL = "MOTORPOOL_DATABASE_URL"
ON_A_DATABASE = frozenset({"ingest"})
"""Packages below fleet cannot start engines: for these it is done here, unless a database is configured."""


def bench_group(benches: Mapping[str, Any]) -> TyperGroup:
    """A group of the `bench` commands by package; each takes `--json FILE`."""
    for package in ON_A_DATABASE & benches.keys():
        benches[package].callback = _on_a_database(benches[package].callback)
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


def _on_a_database(measure: Callable[..., None]) -> Callable[..., None]:
    @wraps(measure)
    def measure_there(**given: Any) -> None:
        with _database():
            measure(**given)

    return measure_there


@contextmanager
def _database() -> Iterator[None]:
    """While it lasts, the environment names a database: the configured one, or a private one to use up."""
    if DATABASE_URL in os.environ:
        yield
        return
    try:
        with scratch_database(Steps()) as url:
            os.environ[DATABASE_URL] = url
            try:
                yield
            finally:
                del os.environ[DATABASE_URL]
    except LocalServiceError as error:
        typer.echo(f"{error.detail}\n{error.remedy}", err=True)
        raise typer.Exit(1) from error
