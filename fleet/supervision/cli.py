"""Commands of supervision."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import typer
from rich.console import Console
from rich.table import Table

from fleet.supervision.errors import SupervisionError
from fleet.supervision.files import read_track
from fleet.supervision.matching import RoadMatch, RoadMatcher
from fleet.supervision.process import run
from fleet.supervision.settings import SupervisionSettings
from fleet.supervision.timeline import Trip
from fleet.supervision.tracks import Fix
from fleet.supervision.trips import detect
from schemas.clock import SHANGHAI
from schemas.logging import configure_logging

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


@app.command()
def supervise() -> None:
    """Run supervision: trips, violations and cases from the fixes that arrive. Ends on SIGTERM.

    Configured by MOTORPOOL_DATABASE_URL, MOTORPOOL_VALHALLA_URL, MOTORPOOL_CLOCK.

    Example: motorpool supervise
    """
    settings = SupervisionSettings()
    configure_logging(settings, "supervise")
    asyncio.run(run(settings))


@app.command()
def match(
    files: Annotated[list[Path], typer.Argument(help="Track files; several form one track.")],
    valhalla: Annotated[
        str | None, typer.Option(help="Valhalla service; MOTORPOOL_VALHALLA_URL unless given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Match recorded tracks onto roads: names, limits, distance.

    Example: motorpool match monday.gpx --valhalla http://127.0.0.1:8002 --json
    """
    url = valhalla or SupervisionSettings().valhalla_url
    try:
        recording = read_track(files)
        timeline = detect(recording.fixes, recording.fixes[-1].time + timedelta(days=1))
        good = [fix for _, fix in timeline.good(0, len(timeline.fixes) - 1)]
        found = asyncio.run(_match(url, good))
    except SupervisionError as error:
        COMPLAINTS.print(f"[red]{error.detail}[/red] {error.remedy}", highlight=False)
        raise typer.Exit(2) from error
    if json:
        sys.stdout.write(orjson.dumps(_match_as_json(good, found)).decode() + "\n")
        return
    table = Table(title=f"{found.distance_km:.2f} km, {found.share:.0%} of {len(good)} fixes matched")
    for heading in ("road", "limit km/h", "m"):
        table.add_column(heading, justify="left" if heading == "road" else "right")
    for edge in found.edges:
        limit = "" if edge.limit_kmh is None else f"{edge.limit_kmh:.0f}"
        table.add_row(edge.name or "", limit, f"{edge.length_m:.0f}")
    Console().print(table)


async def _match(url: str, fixes: list[Fix]) -> RoadMatch:
    async with httpx.AsyncClient(base_url=url) as client:
        return await RoadMatcher(client).match(fixes)


def _match_as_json(fixes: list[Fix], found: RoadMatch) -> dict[str, Any]:
    return {
        "distance_km": found.distance_km,
        "source": found.limits.source,
        "edges": [
            {
                "way_id": edge.way_id,
                "name": edge.name,
                "speed_limit": edge.limit_kmh,
                "length_m": round(edge.length_m, 1),
            }
            for edge in found.edges
        ],
        "points": [
            {
                "time": _iso(fix.time),
                "lon": fix.lon,
                "lat": fix.lat,
                "matched": point.edge is not None,
                "offset_m": point.offset_m,
                "edge": point.edge,
                "limit_kmh": limit,
            }
            for fix, point, limit in zip(fixes, found.points, found.limits.limits_kmh, strict=True)
        ],
    }


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
