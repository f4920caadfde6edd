"""`motorpool plan`: the planner process, or one pass and what it proposed."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from fleet.planning.settings import PlanningSettings
from fleet.settings import Settings
from schemas.api.proposals import ProposalSet
from schemas.clock import SHANGHAI
from schemas.logging import configure_logging

app = typer.Typer()


@app.command()
def plan(
    once: Annotated[bool, typer.Option("--once", help="Plan once, print what stands, and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: print a JSON list.")] = False,
) -> None:
    """Propose cars and drivers for open requests. Several may run: one leads, the others stand by.

    Example: motorpool plan

    Example: motorpool plan --once --json
    """
    # Loading the solver takes seconds: the other commands of the package need not wait for it.
    from fleet.planning.once import plan_once
    from fleet.planning.process import run_planner

    settings, planning = Settings(), PlanningSettings()
    configure_logging(settings, "planner")
    if not once:
        run_planner(settings, planning)
        return
    sets = asyncio.run(plan_once(settings, planning))
    if json:
        sys.stdout.write(orjson.dumps([each.model_dump(mode="json") for each in sets]).decode() + "\n")
    else:
        _print_table(sets)


def _print_table(sets: list[ProposalSet]) -> None:
    table = Table("request", "rank", "vehicle", "driver", "pick-up", "arrival", "with", "empty km", "yuan")
    for each in sets:
        if each.obstacle is not None:
            counts = ", ".join(f"{constraint} {count}" for constraint, count in each.obstacle.excluded)
            table.add_row(str(each.request_id), "-", f"[red]{each.obstacle.binding}[/red]: {counts}")
        for proposal in each.proposals:
            run = proposal.plan
            table.add_row(
                str(each.request_id),
                str(proposal.rank),
                proposal.plate,
                proposal.driver,
                f"{run.pickup_at.astimezone(SHANGHAI):%H:%M}",
                f"{run.arrive_at.astimezone(SHANGHAI):%H:%M}",
                ", ".join(proposal.pooled_with),
                f"{run.empty_m / 1000:.1f}",
                f"{run.cost:.2f}",
            )
    Console().print(table)
