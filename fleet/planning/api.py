"""Proposals over HTTP: what stands, and computing anew while the clerk waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from fleet.api.dependencies import Now, Reader, RowId, Transaction, requires
from fleet.planning.client import ask_leader
from fleet.planning.errors import PlannerDownError
from fleet.planning.proposals import proposal_set
from fleet.planning.settings import PlanningSettings
from schemas.api.proposals import ProposalSet

router = APIRouter(prefix="/requests", tags=["planning"])

Planners = Annotated[Reader, Depends(requires("clerk", "leader", "administrator"))]
Clerk = Annotated[Reader, Depends(requires("clerk"))]


@router.get("/{request_id}/proposals")
async def proposals(connection: Transaction, reader: Planners, now: Now, request_id: RowId) -> ProposalSet:
    """The proposals that stand, with the number of changes they do not know of yet."""
    return await proposal_set(connection, request_id, reader.organisation_path, now)


@router.post("/{request_id}/proposals")
async def compute_proposals(
    connection: Transaction, reader: Clerk, now: Now, request_id: RowId
) -> ProposalSet:
    """Compute now. While no planner leads the state is `planner_down`; assigning by hand still works."""
    await proposal_set(connection, request_id, reader.organisation_path, now)
    try:
        await ask_leader(connection, request_id, PlanningSettings().answer_timeout_s)
    except PlannerDownError:
        standing = await proposal_set(connection, request_id, reader.organisation_path, now)
        return standing.model_copy(update={"state": "planner_down"})
    return await proposal_set(connection, request_id, reader.organisation_path, now)
