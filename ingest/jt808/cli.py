"""Commands for JT/T 808: read frames, run the gateway, speak to a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import psycopg
import typer

from ingest.errors import IngestError
from ingest.jt808 import commands, repository
from ingest.jt808.errors import CommandError, Jt808Error
from ingest.jt808.reading import FrameReader
from ingest.jt808.settings import GatewaySettings
from schemas.logging import configure_logging

app = typer.Typer()
jt808 = typer.Typer(no_args_is_help=True, help="JT/T 808: read frames, speak to terminals.")
app.add_typer(jt808, name="jt808")

Terminal = Annotated[str, typer.Argument(metavar="TERMINAL", help="Its code: the phone number.")]
WithinS = Annotated[int, typer.Option("--within", min=1, help="Give up if it is not connected within (s).")]
WaitS = Annotated[int, typer.Option("--wait", min=0, help="Wait so many seconds for the answer.")]
WAIT_STEP_S = 0.2
OPEN = ("pending", "sent")


@app.command(epilog="Example: MOTORPOOL_GATEWAY_HOST=0.0.0.0 motorpool gateway")
def gateway() -> None:
    """Run the JT/T 808 gateway until SIGTERM: terminals to database, answered after commit."""
    from ingest.jt808.receiver import GatewayReceiver
    from ingest.worker import Worker

    settings = GatewaySettings()
    configure_logging(settings, "gateway")
    with _clear_errors():
        receiver = GatewayReceiver(settings)
        worker = Worker(settings, receiver)
        receiver.count_in(worker.metrics.registry)
        if not worker.run():
            raise typer.Exit(1)


@jt808.command(epilog="Example: motorpool jt808 decode 7e0002000001234567890000019a7e")
def decode(
    frame: Annotated[
        str | None, typer.Argument(metavar="HEX", help="One frame; without it, one a line.")
    ] = None,
) -> None:
    """Print what a frame says as JSON: header, body, locations in degrees, km/h, metres and UTC.

    Without HEX, one frame a line is read from standard input and one JSON a line printed, the reason in place
    of what cannot be read. Exit status 1 if anything could not be read.
    """
    reader = FrameReader()
    if frame is not None:
        try:
            _print(reader.read(frame))
        except Jt808Error as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        return
    lines = ((number, line.strip()) for number, line in enumerate(sys.stdin, 1))
    readable = [_decode_line(reader, number, line) for number, line in lines if line]
    if not all(readable):
        raise typer.Exit(1)


@jt808.command("send-text", epilog='Example: motorpool jt808 send-text 13800138000 "请速回单位" --read-aloud')
def send_text(
    terminal: Terminal,
    text: Annotated[str, typer.Argument()],
    urgent: Annotated[bool, typer.Option("--urgent")] = False,
    read_aloud: Annotated[bool, typer.Option("--read-aloud", help="The terminal speaks it.")] = False,
    within: WithinS = 300,
    wait: WaitS = 0,
) -> None:
    """Show a text to the driver (0x8300). Prints the command as JSON; exit status 1 if it was not done."""
    with _clear_errors():
        content = commands.text_content(text, urgent=urgent, read_aloud=read_aloud)
        _issue(terminal, "text", content, within, wait)


@jt808.command("set-parameter", epilog="Example: motorpool jt808 set-parameter 13800138000 max_speed_kmh 100")
def set_parameter(
    terminal: Terminal,
    name: Annotated[str, typer.Argument(help="For example interval_s, max_speed_kmh, heartbeat_interval_s.")],
    value: Annotated[str, typer.Argument()],
    within: WithinS = 300,
    wait: WaitS = 0,
) -> None:
    """Set one parameter of the terminal (0x8103). Prints the command as JSON."""
    with _clear_errors():
        _issue(terminal, "parameter", commands.parameter_content(name, value), within, wait)


@jt808.command(epilog="Example: motorpool jt808 locate 13800138000 --wait 10")
def locate(terminal: Terminal, within: WithinS = 60, wait: WaitS = 0) -> None:
    """Ask a terminal where it is (0x8201). Prints the command as JSON, with its answer if it came."""
    with _clear_errors():
        _issue(terminal, "locate", {}, within, wait)


@jt808.command(epilog="Example: motorpool jt808 release 13800138000")
def release(terminal: Terminal) -> None:
    """Let another device register under this number: after a repair, or if a stranger was first."""
    with _clear_errors(), _database() as connection:
        if not repository.release_by_code(connection, terminal):
            raise CommandError(f"No device is registered as {terminal!r}")
    typer.echo(f"The next device that registers as {terminal} gets the number.")


def _issue(terminal: str, kind: repository.Kind, content: dict[str, Any], within: int, wait: int) -> None:
    now = GatewaySettings().the_clock.now()
    with _database() as connection:
        number = repository.issue_command(
            connection, terminal, kind, content, now, now + timedelta(seconds=within)
        )
        if number is None:
            raise CommandError(
                f"No active terminal {terminal!r} is registered for JT/T 808: register it with protocol "
                "jt808 and its phone number, without leading zeros, as its code"
            )
        state = _wait_for(connection, number, wait)
    _print(msgspec.to_builtins(state))
    if wait and state.status != "done":
        raise typer.Exit(1)


def _wait_for(connection: psycopg.Connection[Any], number: int, seconds: int) -> repository.CommandState:
    until = time.monotonic() + seconds
    while True:
        state = repository.find_command(connection, number)
        assert state is not None  # it was made a moment ago, and nobody deletes commands
        if state.status not in OPEN or time.monotonic() >= until:
            return state
        time.sleep(WAIT_STEP_S)


@contextmanager
def _database() -> Iterator[psycopg.Connection[Any]]:
    url = GatewaySettings().database_url.get_secret_value()
    try:
        connection = psycopg.connect(url, autocommit=True, application_name="motorpool-jt808")
    except psycopg.OperationalError as error:
        typer.echo(f"The database is not reachable: {error}\nCheck MOTORPOOL_DATABASE_URL.", err=True)
        raise typer.Exit(2) from error
    with connection:
        yield connection


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except IngestError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _decode_line(reader: FrameReader, number: int, line: str) -> bool:
    try:
        _print(reader.read(line))
    except Jt808Error as error:
        typer.echo(f"line {number}: {error}", err=True)
        _print({"line": number, "error": type(error).__name__.removesuffix("Error"), "reason": str(error)})
        return False
    return True


def _print(content: dict[str, Any]) -> None:
    typer.echo(msgspec.json.encode(content).decode())
