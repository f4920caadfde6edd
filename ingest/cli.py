"""Commands of ingest: the worker, the dead letters, and the benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from ingest import deadletter, repository
from ingest.database import connect
from ingest.decode import codec_for
from ingest.errors import IngestError
from ingest.jt808.cli import app as jt808
from ingest.jt808.reading import TOPIC_PREFIX, show_payload
from ingest.message import Reason
from ingest.repository import Connection, DeadLetter
from ingest.settings import IngestSettings
from ingest.validate import Bounds, earliest_kept
from ingest.worker import Worker
from schemas.logging import configure_logging

app = typer.Typer(no_args_is_help=True, help="Terminal messages into the database.")
letters = typer.Typer(no_args_is_help=True, help="Messages that were put aside, with the reason.")
app.add_typer(letters, name="deadletter")
app.add_typer(jt808)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
OfReason = Annotated[Reason | None, typer.Option("--reason", help="Only those put aside for this reason.")]
MAX_SHOWN_DETAIL = 100


@app.command(
    epilog="Example: MOTORPOOL_MQTT_URL=mqtt://ingest:secret@127.0.0.1:1883 motorpool ingest --ranges 4"
)
def ingest(
    ranges: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Ranges that all workers share out [MOTORPOOL_INGEST_RANGES]."),
    ] = None,
) -> None:
    """Run the ingest worker until SIGTERM: broker to database, acknowledged after commit.

    Start several to share the work or to stand by: each serves its share of the ranges and takes over those
    of a worker that dies. To change the number of ranges stop all workers and start them with another one;
    they empty the earlier sessions at the broker by themselves.
    """
    settings = IngestSettings() if ranges is None else IngestSettings(ingest_ranges=ranges)
    configure_logging(settings, "ingest")
    with _clear_errors():
        if not Worker(settings).run():
            raise typer.Exit(1)


@app.command(epilog="Example: motorpool bench ingest --seconds 10 --json bench.json")
def bench(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here as JSON.")] = None,
    seconds: Annotated[float, typer.Option(min=0.05, help="About how long each measurement lasts.")] = 5.0,
    terminals: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Terminals that send in turn.")
    ] = 60_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of which medians are taken.")] = 3,
) -> None:
    """Measure the worker against the broker alone, raw COPY and a consumer that works message by message.

    On a private broker and a private database; the database may be named by MOTORPOOL_DATABASE_URL (empty,
    and as a user who may empty its tables).
    """
    from ingest.bench.figures import show
    from ingest.bench.measure import Size, measure
    from ingest.bench.settings import BenchSettings

    settings = BenchSettings()
    configure_logging(settings, "bench")
    with _clear_errors():
        try:
            figures = measure(settings, Size(seconds, terminals, rounds))
        except psycopg.OperationalError as error:
            raise _unreachable(error) from error
    show(Console(), figures)
    if json_file is not None:
        json_file.write_bytes(msgspec.json.encode(figures))


@letters.command("list", epilog="Example: motorpool deadletter list --reason unknown_terminal")
def list_letters(
    reason: OfReason = None,
    terminal: Annotated[str | None, typer.Option(help="Only those of this terminal.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those already replayed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """The newest messages that were put aside.

    Exits with 2 when the database does not answer.
    """
    with _database() as connection:
        found = repository.list_letters(connection, reason, terminal, everything, limit)
    if as_json:
        _print_json([_as_json(letter) for letter in found])
        return
    table = Table("id", "received (UTC)", "terminal", "reason", "detail")
    for letter in found:
        received = f"{letter.received_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(
            str(letter.id), received, letter.terminal or "-", letter.reason, letter.detail[:MAX_SHOWN_DETAIL]
        )
    Console().print(table)


@letters.command("show", epilog="Example: motorpool deadletter show 17")
def show_letter(letter_id: Annotated[int, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One message that was put aside, with its payload and what to do.

    A frame of JT/T 808 is shown in hexadecimal, with what it says where it can be read.

    Exits with 2 when there is no such message or the database does not answer.
    """
    with _clear_errors(), _database() as connection:
        found = _as_json(deadletter.find(connection, letter_id))
    if as_json:
        _print_json(found)
        return
    table = Table(show_header=False)
    for name, value in found.items():
        table.add_row(name, _for_people(value))
    Console(markup=False).print(table)


@letters.command("replay", epilog="Example: motorpool deadletter replay --all --reason unknown_terminal")
def replay_letters(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were not replayed yet.")] = False,
    reason: OfReason = None,
    as_json: AsJson = False,
) -> None:
    """Read them again under today's rules and store what is right by now.

    Exits with 1 when one is still wrong (it stays, with its reason), with 2 when a number is not known.
    """
    if bool(ids) == everything:
        raise typer.BadParameter("give the numbers of the dead letters, or --all")
    with _clear_errors(), _database() as connection:
        chosen = ids or repository.open_letters(connection, reason)
        outcomes = [_replay(connection, letter_id) for letter_id in chosen]
    if as_json:
        _print_json([msgspec.to_builtins(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            typer.echo(f"{outcome.id}: {outcome.outcome}, {outcome.new} new. {outcome.detail}".rstrip())
    if any(outcome.outcome == "still_rejected" for outcome in outcomes):
        raise typer.Exit(1)


def _replay(connection: Connection, letter_id: int) -> deadletter.Replay:
    settings = IngestSettings()
    now = settings.the_clock.now()
    bounds = Bounds.at(now, settings.ingest_future_tolerance_s, settings.ingest_max_payload_bytes)
    kept = replace(bounds, earliest_ms=earliest_kept(now, settings.track_retention_days))
    return deadletter.replay(connection, letter_id, now, kept)


@contextmanager
def _database() -> Iterator[Connection]:
    try:
        connection = connect(IngestSettings().database_url.get_secret_value(), "motorpool-deadletter")
    except psycopg.OperationalError as error:
        raise _unreachable(error) from error
    connection.autocommit = True
    with connection:
        yield connection


def _unreachable(error: psycopg.OperationalError) -> typer.Exit:
    typer.echo(f"The database is not reachable: {error}\nCheck MOTORPOOL_DATABASE_URL.", err=True)
    return typer.Exit(2)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except IngestError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(letter)
    if letter.topic.startswith(TOPIC_PREFIX):
        return content | show_payload(letter.payload)
    return content | {"payload": _readable(letter.payload)}


def _for_people(value: object) -> str:
    """What is nested stands on lines of its own."""
    if isinstance(value, dict):
        return msgspec.json.format(msgspec.json.encode(value)).decode()
    return "-" if value is None else str(value)


def _readable(payload: bytes) -> str:
    """JSON and other text as it is, MessagePack as JSON, anything else in hexadecimal."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        pass
    try:
        return msgspec.json.encode(codec_for(payload, "").anything(payload)).decode()
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return payload.hex()


def _print_json(content: object) -> None:
    typer.echo(msgspec.json.encode(content).decode())
