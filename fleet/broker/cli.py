"""Commands: broker configure, broker certificate, broker check."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from fleet.console import fail
from fleet.local.errors import LocalServiceError

app = typer.Typer()
broker = typer.Typer(
    help="The MQTT broker: its configuration, certificates and limits.", no_args_is_help=True
)
app.add_typer(broker, name="broker")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Folder = Annotated[Path, typer.Option("--out", help="Folder that holds everything; keep it from others.")]


@broker.command()
def configure(
    out: Folder,
    host: Annotated[list[str], typer.Option(help="Name or address terminals call it by; repeatable.")],
    installed: Annotated[
        Path | None, typer.Option(help="Where the folder will lie at the broker [/etc/mosquitto/motorpool].")
    ] = None,
    plugin: Annotated[Path | None, typer.Option(help="mosquitto_dynamic_security.so at the broker.")] = None,
    tls_port: Annotated[int, typer.Option(min=1, max=65535)] = 8883,
    certificate: Annotated[Path | None, typer.Option(help="PEM; without it one is made.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    authority: Annotated[Path | None, typer.Option(help="Who signed it.")] = None,
    client_certificates: Annotated[
        bool, typer.Option("--client-certificates", help="Terminals prove who they are by certificate.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write what a Mosquitto for production starts from: configuration, certificates, first users.

    Repeating it keeps passwords, keys and enrolled terminals.

    Example: motorpool broker configure --out broker --host mqtt.qinglan.example
    """
    from fleet.broker import certificates
    from fleet.broker.files import DEBIAN_PLUGIN, INSTALLED, BrokerFiles

    try:
        given = None
        if certificate or key or authority:
            if certificate is None or key is None or authority is None:
                fail(
                    "a certificate needs its key and its authority",
                    "Give --certificate, --key and --authority.",
                )
            given = certificates.given(authority.absolute(), certificate.absolute(), key.absolute())
        written = BrokerFiles(
            folder=out,
            hosts=tuple(host),
            installed=installed or INSTALLED,
            plugin=plugin or DEBIAN_PLUGIN,
            tls_port=tls_port,
            client_certificates=client_certificates,
            given=given,
        ).write()
    except LocalServiceError as error:
        fail(error.detail, error.remedy)
    if as_json:
        typer.echo(json.dumps([str(file) for file in written]))
        return
    for file in written:
        typer.echo(file)


@broker.command(name="certificate")
def client_certificate(
    terminal: Annotated[str, typer.Argument(help="Code of the terminal.")],
    out: Folder,
    authority: Annotated[Path, typer.Option(help="Folder with ca.crt and ca.key (`tls` of `configure`).")],
) -> None:
    """Make the certificate a terminal proves itself with, where the broker asks for one.

    Example: motorpool broker certificate T0001 --authority broker/tls --out T0001
    """
    from fleet.broker.certificates import Authority

    if not (authority / "ca.key").is_file():
        fail(f"there is no {authority / 'ca.key'}", "Name the folder that `motorpool broker configure` made.")
    files = Authority(authority).client(terminal, out)
    for file in (files.certificate, files.key):
        typer.echo(file)


@broker.command()
def check(as_json: AsJson = False) -> None:
    """Examine the broker of MOTORPOOL_MQTT_URL: would it drop, refuse or give away messages?

    Use the user `ingest`. With MOTORPOOL_MQTT_CONFIG its mosquitto.conf is read as well. Exits with 1 when
    there is a problem.

    Example: MOTORPOOL_MQTT_URL=mqtts://ingest:secret@mqtt.qinglan.example motorpool broker check
    """
    from fleet.local.cli import MARKS
    from ingest.broker_check import examine_broker, worst_first
    from ingest.errors import IngestError
    from ingest.settings import IngestSettings

    try:
        found = worst_first(examine_broker(IngestSettings()))
    except IngestError as error:
        fail(str(error), "Set MOTORPOOL_MQTT_URL.")
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        console = Console()
        for one in found:
            console.print(f"{MARKS[one.verdict]} {one.subject}: {escape(one.found)}", highlight=False)
            if one.remedy:
                console.print(f"  [dim]→ {escape(one.remedy)}[/]", highlight=False)
    raise typer.Exit(int(any(one.verdict == "problem" for one in found)))
