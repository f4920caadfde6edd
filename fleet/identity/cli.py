"""Commands: admin create."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fleet.console import fail, in_transaction
from fleet.identity.administrator import create_administrator

app = typer.Typer()
admin = typer.Typer(help="Accounts that can only be made on the machine itself.", no_args_is_help=True)
app.add_typer(admin, name="admin")

SHORTEST_PASSWORD = 8


@admin.command()
def create(
    login: Annotated[str, typer.Option(help="Login name.")],
    organisation: Annotated[str, typer.Option(help="Code of the organisation; a new one becomes the top.")],
    password: Annotated[
        str,
        typer.Option(
            prompt=True, hide_input=True, confirmation_prompt=True, envvar="MOTORPOOL_ADMIN_PASSWORD",
            help="Asked for when not given; a command line can be read by others.",
        ),
    ],
    name: Annotated[str, typer.Option(help="Shown name.")] = "管理员",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:  # fmt: skip
    """Create an administrator, who then imports the register.

    Example: motorpool admin create --login admin --organisation qinglan
    """
    if len(password) < SHORTEST_PASSWORD:
        fail(f"the password has {len(password)} characters", f"Use at least {SHORTEST_PASSWORD}.")
    account_id = in_transaction(
        lambda connection, now: create_administrator(
            connection, login=login, password=password, name=name, organisation=organisation, now=now
        )
    )
    typer.echo(
        json.dumps({"account_id": account_id, "login": login})
        if as_json
        else f"Administrator {login} of {organisation} created."
    )
