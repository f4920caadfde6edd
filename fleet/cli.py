"""The command `motorpool`: every package's commands at one level, found through an entry-point group.

A package is imported only when one of its commands is asked for, so that a process of one package starts
fast and does not depend on the others.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

GROUP = "motorpool.commands"
BENCH = "bench"
LIGHT = ("fleet", "simulators")


class EveryPackage(TyperGroup):
    """Looks a command up in the packages; their `bench` commands become `motorpool bench PACKAGE`."""

    def list_commands(self, ctx: Any) -> list[str]:
        names: set[str] = set()
        for entry in _entries():
            with suppress(ImportError):  # a package that cannot be imported takes only its own commands away
                names.update(_group(entry).list_commands(ctx))
        return sorted(names)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name == BENCH:
            from fleet.bench import bench_group

            return bench_group(_benches(ctx))
        failure: ImportError | None = None
        for entry in sorted(_entries(), key=lambda entry: entry.name != cmd_name):
            try:
                command = _group(entry).get_command(ctx, cmd_name)
            except ImportError as error:
                failure = error
                continue
            if command is not None:
                return command
        if failure is not None:
            raise failure
        return None


app = typer.Typer(
    name="motorpool",
    cls=EveryPackage,
    help="Telematics, dispatch and supervision for pooled official vehicles (公务用车集中统一管理).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def motorpool() -> None:
    """Needed so that typer makes a group."""


def main() -> None:
    app(prog_name="motorpool")


def _entries() -> list[EntryPoint]:
    """Those first whose commands are looked up without importing what the commands need."""
    return sorted(entry_points(group=GROUP), key=lambda entry: (entry.name not in LIGHT, entry.name))


def _group(entry: EntryPoint) -> TyperGroup:
    return get_group(entry.load())


def _benches(ctx: Any) -> dict[str, Any]:
    found = {entry.name: _group(entry).get_command(ctx, BENCH) for entry in _entries()}
    return {package: command for package, command in found.items() if command is not None}


if __name__ == "__main__":
    main()
