"""The commands that fleet brings, and the module each lives in.

A table and not imports: the ingest worker, the planner or `motorpool status` should not wait for what only
the others need. A test keeps the table and the modules in step.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

MODULES = {
    "up": "fleet.local.cli",
    "status": "fleet.local.cli",
    "doctor": "fleet.local.cli",
    "broker": "fleet.broker.cli",
    "terminal": "fleet.terminals.cli",
    "serve": "fleet.api.cli",
    "openapi": "fleet.api.cli",
    "admin": "fleet.identity.cli",
    "calendar": "fleet.calendar.cli",
    "work": "fleet.timers.cli",
    "storage": "fleet.history.cli",
    "plan": "fleet.planning.cli",
    "supervise": "fleet.supervision.cli",
    "trips": "fleet.supervision.cli",
    "match": "fleet.supervision.cli",
}


class FleetCommands(TyperGroup):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = MODULES.get(cmd_name)
        return get_group(import_module(module).app).get_command(ctx, cmd_name) if module else None


app = typer.Typer(cls=FleetCommands)


@app.callback()
def fleet() -> None:
    """Needed so that typer makes a group."""
