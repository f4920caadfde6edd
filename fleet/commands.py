"""The commands that fleet brings; each domain package adds its own here."""

from __future__ import annotations

import typer

import fleet.api.cli
import fleet.calendar.cli
import fleet.identity.cli
import fleet.local.cli
import fleet.planning.cli
import fleet.timers.cli

app = typer.Typer()
for domain in (
    fleet.local.cli.app,
    fleet.api.cli.app,
    fleet.timers.cli.app,
    fleet.planning.cli.app,
    fleet.identity.cli.app,
    fleet.calendar.cli.app,
):
    app.registered_commands.extend(domain.registered_commands)
    app.registered_groups.extend(domain.registered_groups)
