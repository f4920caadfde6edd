"""`motorpool plan`: the planner process, or one pass and what it proposed."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from fleet.database import open_pool
from fleet.planning.desk import Preparation
from fleet.planning.leader import leading
from fleet.planning.planner import Planner
from fleet.planning.process import run_planner
from fleet.planning.proposals import open_proposal_sets
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from fleet.planning.solver import Solver
from fleet.settings import Settings
from schemas.api.proposals import ProposalSet
from schemas.clock import SHANGHAI
from schemas.logging import configure_logging

app = typer.Typer()

NO_ADDRESS = ""
"""A single pass leads too, but answers nobody."""


@app.command()
def plan(
    once: Annotated[bool, typer.Option("--once", help="Plan once, print what stands, and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: print a JSON list.")] = False,
) -> None:
    """Propose cars and drivers for open requests. Several may run: one leads, the others stand by.

    Example: motorpool plan

    Example: motorpool plan --once --json
    """
    settings, planning = Settings(), PlanningSettings()
    configure_logging(settings, "planner")
    if not once:
        run_planner(settings, planning)
        return
    sets = asyncio.run(_plan_once(settings, planning))
    if json:
        sys.stdout.write(orjson.dumps([each.model_dump(mode="json") for each in sets]).decode() + "\n")
    else:
        _print_table(sets)


async def _plan_once(settings: Settings, planning: PlanningSettings) -> list[ProposalSet]:
    """One pass; where another planner leads already, only what it proposed."""
    pool = await open_pool(settings, "planner")
    router, solver = Router(settings.valhalla_url, planning.router_timeout_s), Solver()
    clock = settings.the_clock
    try:
        async with leading(settings, NO_ADDRESS, wait=False) as lease:
            if lease is not None:
                preparation = Preparation(router, planning)
                planner = Planner(pool, preparation, solver, planning, clock, lease.token)
                await planner.pass_over(search=True)
        async with pool.acquire() as connection:
            return await open_proposal_sets(connection, clock.now())
    finally:
        solver.close()
        await router.close()
        await pool.close()


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
