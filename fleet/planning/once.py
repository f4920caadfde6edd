"""One pass of planning, for `motorpool plan --once`."""

from __future__ import annotations

from fleet.database import open_pool
from fleet.planning.desk import Preparation
from fleet.planning.leader import leading
from fleet.planning.planner import Planner
from fleet.planning.proposals import open_proposal_sets
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from fleet.planning.solver import Solver
from fleet.settings import Settings
from schemas.api.proposals import ProposalSet

NO_ADDRESS = ""
"""A single pass leads too, but answers nobody."""


async def plan_once(settings: Settings, planning: PlanningSettings) -> list[ProposalSet]:
    """What stands for every open request after one pass; where another leads, only what it proposed."""
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
