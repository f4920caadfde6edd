"""Ask the leading planner, over loopback, at the address in its lease."""

from __future__ import annotations

import httpx

from fleet.database import Connection
from fleet.planning import repository
from fleet.planning.errors import PlannerDownError


async def ask_leader(connection: Connection, request_id: int, timeout_s: float) -> None:
    """Have proposals for the request computed now; they are in the database when this returns.

    Raises PlannerDownError when nobody leads or the answer takes too long.
    """
    address = await repository.leader_address(connection)
    if address is None:
        raise PlannerDownError("no planner has ever led here", "Start `motorpool plan`, or assign by hand.")
    try:
        async with httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
            response = await client.post(f"http://{address}/plan/{request_id}")
    except httpx.HTTPError as error:
        raise PlannerDownError(
            f"the planner does not answer: {error!r}", "Assign by hand meanwhile."
        ) from error
    if response.is_error:
        raise PlannerDownError(f"the planner answered {response.status_code}", "Assign by hand meanwhile.")
