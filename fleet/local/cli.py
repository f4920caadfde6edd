"""Commands: up, status, doctor."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fleet.local.addresses import Addresses
from fleet.local.errors import LocalServiceError
from fleet.local.paths import local_paths
from fleet.local.state import running_paths

if TYPE_CHECKING:
    from fleet.local.doctor import Finding
    from fleet.local.ingest_reading import GatewayReading, IngestReading
    from fleet.local.status import StackStatus

app = typer.Typer()

NOT_RUNNING, NOT_HEALTHY = 3, 1
MARKS = {"good": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where data is kept (MOTORPOOL_DATA_DIR).")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command()
def up(
    osm: Annotated[Path | None, typer.Option("--osm", help="OpenStreetMap extract, .osm.pbf.")] = None,
    data_dir: DataDir = None,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 8808 or the next free one.")] = None,
    clock: Annotated[
        str, typer.Option(envvar="MOTORPOOL_CLOCK", help="real, or a simulated clock.")
    ] = "real",
    engines_only: Annotated[
        bool, typer.Option("--engines-only", help="Database, broker, roads only.")
    ] = False,
) -> None:
    """Run Motorpool on this machine until Ctrl-C, with engines of its own where none are configured.

    Example: motorpool up --osm city.osm.pbf
    """
    from fleet.local.stack import StackOptions, run

    options = StackOptions(
        paths=local_paths(data_dir),
        extract=osm,
        port=port,
        clock=clock,
        engines_only=engines_only,
        when_ready=_print_engines if engines_only else _print_url,
    )
    try:
        run(options)
    except LocalServiceError as error:
        _fail(error, 1)


@app.command()
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show what a running Motorpool does: its address, its services, what it holds.

    Exits with 0 when every service is ready, 1 when one is not, 3 when nothing runs.

    Example: motorpool status --json
    """
    from fleet.local.status import stack_status

    try:
        found = stack_status(running_paths(data_dir))
    except LocalServiceError as error:
        _fail(error, NOT_RUNNING)
    if as_json:
        typer.echo(json.dumps(_status_document(found), ensure_ascii=False))
    else:
        _print_status(found)
    raise typer.Exit(0 if found.is_healthy else NOT_HEALTHY)


@app.command()
def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Look at this machine: what was found, what will be used, what to do where something is missing.

    Exits with 1 when there is a problem.

    Example: motorpool doctor
    """
    from fleet.local.doctor import examine

    findings = examine(local_paths(data_dir))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _print_findings(findings)
    raise typer.Exit(int(any(finding.verdict == "problem" for finding in findings)))


def _print_url(addresses: Addresses) -> None:
    Console().print(f"\n  Motorpool is at [bold]{addresses.web}[/]   (Ctrl-C stops it)\n", highlight=False)


def _print_engines(addresses: Addresses) -> None:
    """As lines a shell can read; they carry passwords, which is what a developer asked for."""
    for name in sorted(addresses.database):
        typer.echo(f"# database as {name}: {addresses.database[name]}")
    for user, url in addresses.mqtt.items():
        typer.echo(f"# broker as {user}: {url}")
    typer.echo(f"export MOTORPOOL_DATABASE_URL={addresses.database['owner']}")
    typer.echo(f"export MOTORPOOL_MQTT_URL={addresses.mqtt_url('ingest')}")
    typer.echo(f"export MOTORPOOL_VALHALLA_URL={addresses.valhalla}")


def _status_document(found: StackStatus) -> dict[str, object]:
    reading = found.reading
    return {
        "url": reading.url,
        "healthy": found.is_healthy,
        "clock": reading.clock,
        "services": [
            {"name": s.name, "state": s.condition, "pid": s.pid, "restarts": s.restarts}
            for s in reading.services
        ],
        "steps": reading.steps,
        **(found.counts.model_dump() if found.counts else {}),
        "ingest": asdict(found.ingest) if found.ingest else None,
        "gateway": {"address": reading.addresses.get("gateway"), **asdict(found.gateway)}
        if found.gateway
        else None,
        "alarms": found.alarms,
    }


def _print_status(found: StackStatus) -> None:
    console = Console()
    console.print(f"Motorpool at [bold]{found.reading.url}[/]", highlight=False)
    table = Table("service", "state", "pid", "restarts", box=None)
    for service in found.reading.services:
        colour = "green" if service.condition == "ready" else "yellow"
        table.add_row(
            service.name, f"[{colour}]{service.condition}[/]", str(service.pid or "-"), str(service.restarts)
        )
    console.print(table)
    if found.ingest is not None:
        _print_ingest(console, found.ingest)
    if found.gateway is not None:
        _print_gateway(console, found.reading.addresses.get("gateway", "?"), found.gateway)
    for alarm in found.alarms:
        console.print(f"[red]![/] {escape(alarm)}", highlight=False)
    if found.counts is None:
        console.print("[yellow]![/] the database does not answer, so nothing can be counted")
        return
    for name, count in found.counts.model_dump().items():
        console.print(f"  {count:>12,}  {name.replace('_', ' ')}", highlight=False)


def _print_ingest(console: Console, reading: IngestReading) -> None:
    if reading.broker_messages is not None and reading.broker_bytes is not None:
        budget = (reading.broker_budget_bytes or 0) / 2**20
        console.print(
            f"  the broker holds {reading.broker_messages:,} messages, "
            f"{reading.broker_bytes / 2**20:.1f} of {budget:.0f} MB",
            highlight=False,
        )


def _print_gateway(console: Console, address: str, reading: GatewayReading) -> None:
    console.print(f"  {reading.terminals:,} JT/T 808 terminals are connected to {address}", highlight=False)


def _print_findings(findings: list[Finding]) -> None:
    console = Console()
    table = Table(box=None, show_header=False)
    for finding in findings:
        text = escape(finding.found)
        if finding.remedy:
            text += f"\n[dim]→ {escape(finding.remedy)}[/]"
        table.add_row(MARKS[finding.verdict], finding.subject, text)
    console.print(table)


def _fail(error: LocalServiceError, code: int) -> None:
    console = Console(stderr=True)
    console.print(f"[red]✗[/] {escape(error.detail)}", highlight=False)
    if error.remedy:
        console.print(f"  → {escape(error.remedy)}", highlight=False)
    raise typer.Exit(code)
