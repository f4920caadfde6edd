"""Commands: terminal list, terminal show, terminal credentials issue | rotate | revoke."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fleet import console
from fleet.audit import Actor
from fleet.database import Connection
from fleet.local.here import settings_here
from fleet.terminals import repository, service
from fleet.terminals.service import Office
from schemas.api.terminals import CredentialState, IssuedCredential, TerminalItem

app = typer.Typer()
terminal = typer.Typer(help="Terminals: contact, clocks, credentials.", no_args_is_help=True)
credentials = typer.Typer(help="What terminals sign in with at the broker.", no_args_is_help=True)
app.add_typer(terminal, name="terminal")
terminal.add_typer(credentials, name="credentials")

OPERATOR = Actor("operator at the command line")
PATIENCE_S, LOOK_AGAIN_S = 10.0, 0.2

Code = Annotated[str, typer.Argument(metavar="CODE", help="Code of the terminal.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait until the broker was told.")]


@terminal.command(name="list")
def list_terminals(
    after: Annotated[str | None, typer.Option(help="Continue behind this code.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    as_json: AsJson = False,
) -> None:
    """Terminals by code: whether they are heard, how late, how wrong their clocks are.

    Example: motorpool terminal list --json
    """
    found = in_transaction(
        lambda connection, now: repository.terminals(connection, now, None, after=after, limit=limit)
    )
    if as_json:
        typer.echo(json.dumps([item.model_dump(mode="json") for item in found], ensure_ascii=False))
        return
    table = Table(
        "code", "vehicle", "online", "last contact (UTC)", "lag s", "skew s", "unbound", "credential"
    )
    for item in found:
        table.add_row(
            item.code,
            item.plate or "-",
            "yes" if item.online else "no",
            f"{item.last_contact_at:%Y-%m-%d %H:%M:%S}" if item.last_contact_at else "never",
            _seconds(item.receive_lag_s),
            _seconds(item.clock_skew_s),
            str(item.unbound_fixes),
            _state(item.credential),
        )
    Console().print(table)


@terminal.command()
def show(code: Code, as_json: AsJson = False) -> None:
    """One terminal with everything known of it.

    Example: motorpool terminal show T0001 --json
    """
    item = in_transaction(lambda connection, now: service.find(connection, _operator(now), code))
    _print_item(item, as_json)


@credentials.command()
def issue(code: Code, wait: Wait = PATIENCE_S, as_json: AsJson = False) -> None:
    """Give a terminal its first secret, or one after a revocation. It is shown once.

    `motorpool work` tells the broker. Both need the same MOTORPOOL_CREDENTIAL_KEY; where `motorpool up` runs
    on this machine, its own is used.

    Example: motorpool terminal credentials issue T0001
    """
    _hand_out(code, service.issue, wait, as_json)


@credentials.command()
def rotate(code: Code, wait: Wait = PATIENCE_S, as_json: AsJson = False) -> None:
    """Give a terminal another secret; the old one ends at once, there is no overlap.

    Put the new one into the terminal before it sends again; until then it keeps its fixes.

    Example: motorpool terminal credentials rotate T0001
    """
    _hand_out(code, service.rotate, wait, as_json)


@credentials.command()
def revoke(code: Code, wait: Wait = PATIENCE_S, as_json: AsJson = False) -> None:
    """Disconnect a terminal and keep it from coming back.

    Example: motorpool terminal credentials revoke T0001
    """
    in_transaction(lambda connection, now: service.revoke(connection, _operator(now), code))
    item = _await_broker(code, wait)
    _print_item(item, as_json)


Result = TypeVar("Result")
Handing = Callable[..., Awaitable[IssuedCredential]]


def _hand_out(code: str, work: Handing, wait: float, as_json: bool) -> None:
    key = settings_here().credential_key
    issued = in_transaction(lambda connection, now: work(connection, _operator(now), code, key))
    credential = _await_broker(code, wait).credential
    if as_json:
        now_known = issued.model_copy(update={"credential": credential})
        typer.echo(json.dumps(now_known.model_dump(mode="json"), ensure_ascii=False))
        return
    typer.echo(f"username and client id: {issued.username}\nsecret: {issued.secret}\nIt is not shown again.")
    if credential is not None and not credential.in_force:
        typer.echo(_pending(credential), err=True)


def _await_broker(code: str, seconds: float) -> TerminalItem:
    """The terminal when the broker was told, or as it is after `seconds`."""

    async def look(connection: Connection, now: datetime) -> TerminalItem:
        deadline = time.monotonic() + seconds
        while True:
            item = await service.find(connection, _operator(now), code)
            if (item.credential and item.credential.in_force) or time.monotonic() >= deadline:
                return item
            await asyncio.sleep(LOOK_AGAIN_S)

    return in_transaction(look)


def _print_item(item: TerminalItem, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(item.model_dump(mode="json"), ensure_ascii=False))
        return
    table = Table(show_header=False, box=None)
    for name, value in item.model_dump(exclude={"credential"}).items():
        table.add_row(name.replace("_", " "), "-" if value is None else escape(str(value)))
    table.add_row("credential", _state(item.credential))
    Console().print(table)
    if item.credential is not None and not item.credential.in_force:
        typer.echo(_pending(item.credential), err=True)


def _state(credential: CredentialState | None) -> str:
    if credential is None:
        return "-"
    state = "revoked" if credential.revoked else "issued"
    return f"{state}, revision {credential.revision}" + ("" if credential.in_force else ", not in force yet")


def _pending(credential: CredentialState) -> str:
    why = f" {credential.trouble}" if credential.trouble else ""
    return f"The broker has not been told yet; `motorpool work` tries again.{why}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _operator(now: datetime) -> Office:
    return Office(OPERATOR, None, now)


def in_transaction(work: Callable[[Connection, datetime], Awaitable[Result]]) -> Result:
    return console.in_transaction(work, settings_here())
