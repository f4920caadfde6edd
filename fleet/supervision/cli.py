"""Commands of supervision."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from fleet.supervision.errors import SupervisionError
from fleet.supervision.files import read_track
from fleet.supervision.timeline import Trip
from fleet.supervision.trips import detect
from schemas.clock import SHANGHAI

app = typer.Typer()

COMPLAINTS = Console(stderr=True)


@app.command()
def trips(
    files: Annotated[
        list[Path], typer.Argument(help="GPX, CSV, GeoLife .plt or NMEA files; several form one track.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Find the trips in recorded tracks, by the rules supervision uses.

    Example: motorpool trips monday.gpx tuesday.gpx --json
    """
    try:
        recording = read_track(files)
    except SupervisionError as error:
        COMPLAINTS.print(f"[red]{error.detail}[/red] {error.remedy}", highlight=False)
        raise typer.Exit(2) from error
    for complaint in recording.complaints:
        COMPLAINTS.print(f"[yellow]passed over: {complaint}[/yellow]", highlight=False)
    found = detect(recording.fixes, recording.fixes[-1].time + timedelta(days=1)).trips
    if json:
        sys.stdout.write(
            orjson.dumps([_as_json(trip) for trip in found], option=orjson.OPT_INDENT_2).decode()
        )
        sys.stdout.write("\n")
        return
    _print_table(found)


def _as_json(trip: Trip) -> dict[str, str | float | int]:
    return {
        "start_time": _iso(trip.start),
        "end_time": _iso(trip.end),
        "distance_km": trip.distance_km,
        "moving_s": trip.moving_s,
        "confidence": trip.confidence,
        "max_speed_kmh": round(trip.max_speed_kmh, 1),
        "fixes": trip.fix_count,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _print_table(found: tuple[Trip, ...]) -> None:
    table = Table(title=f"{len(found)} trips, times in Asia/Shanghai")
    for heading in ("start", "end", "km", "moving min", "max km/h", "fixes", "confidence"):
        table.add_column(heading, justify="left" if heading in {"start", "end"} else "right")
    for trip in found:
        table.add_row(
            f"{trip.start.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            f"{trip.end.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            f"{trip.distance_km:.2f}",
            f"{trip.moving_s / 60:.0f}",
            f"{trip.max_speed_kmh:.0f}",
            str(trip.fix_count),
            f"{trip.confidence:.2f}",
        )
    Console().print(table)
