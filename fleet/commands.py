"""The commands that fleet brings; each domain package adds its own here."""

from __future__ import annotations

import typer

import fleet.local.cli

app = typer.Typer()
for domain in (fleet.local.cli.app,):
    app.registered_commands.extend(domain.registered_commands)
    app.registered_groups.extend(domain.registered_groups)
