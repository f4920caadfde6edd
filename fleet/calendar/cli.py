"""Commands: calendar import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fleet.audit import Actor
from fleet.calendar.model import CalendarDay
from fleet.calendar.service import import_days
from fleet.calendar.sources import OFFICIAL_YEARS, days_of_file, official_days
from fleet.console import fail, in_transaction
from fleet.errors import InvalidError

app = typer.Typer()
calendar = typer.Typer(help="Workdays, holidays and make-up days.", no_args_is_help=True)
app.add_typer(calendar, name="calendar")

OPERATOR = Actor("operator at the command line")


@calendar.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="CSV with day,kind,name[,provisional].")] = None,
    year: Annotated[list[int] | None, typer.Option(help="Announced year; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Store the calendar: the announced years that are packaged, or a file of your own.

    Example: motorpool calendar import --year 2026
    """
    try:
        days = days_of_file(file) if file else _announced(year or list(OFFICIAL_YEARS))
    except InvalidError as error:
        fail(error.detail, error.remedy)
    changed = in_transaction(lambda connection, now: import_days(connection, days, actor=OPERATOR, now=now))
    typer.echo(
        json.dumps({"days": len(days), "changed": changed})
        if as_json
        else f"{len(days)} days read, {changed} changed."
    )


def _announced(years: list[int]) -> list[CalendarDay]:
    return [day for year in years for day in official_days(year)]
