"""Requests over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from fleet.api.dependencies import Now, Reader, RowId, Transaction, requires
from fleet.orders import cancelling, repository, service
from fleet.orders.model import POOL_ROLES, USER_ROLES, Scope
from fleet.orders.transitions import OPEN
from schemas.api.requests import Decision, NewRequest, RequestDetail, RequestStatus, RequestSummary

router = APIRouter(prefix="/requests", tags=["requests"])

Orderer = Annotated[Reader, Depends(requires("requester", "clerk"))]
Approver = Annotated[Reader, Depends(requires("unit_approver", "platform_approver"))]
Onlooker = Annotated[Reader, Depends(requires(*USER_ROLES, *POOL_ROLES))]


@router.get("")
async def list_requests(
    connection: Transaction,
    reader: Onlooker,
    status: Annotated[list[RequestStatus], Query(default_factory=list)],
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[RequestSummary]:
    """Requests by the moment they must be decided; the open ones unless `status` says otherwise."""
    return await repository.list_requests(connection, Scope.of(reader), status or OPEN, limit)


@router.post("", status_code=201)
async def create_request(
    connection: Transaction, reader: Orderer, now: Now, new: NewRequest
) -> RequestDetail:
    return await service.create(connection, reader, new, now)


@router.get("/{request_id}")
async def one_request(connection: Transaction, reader: Onlooker, request_id: RowId) -> RequestDetail:
    return await service.detail(connection, Scope.of(reader), request_id)


@router.post("/{request_id}/approve")
async def approve(
    connection: Transaction, reader: Approver, now: Now, request_id: RowId, decision: Decision
) -> RequestDetail:
    return await service.approve(connection, reader, request_id, decision.note, now)


@router.post("/{request_id}/reject")
async def reject(
    connection: Transaction, reader: Approver, now: Now, request_id: RowId, decision: Decision
) -> RequestDetail:
    return await service.reject(connection, reader, request_id, decision.note, now)


@router.post("/{request_id}/cancel")
async def cancel(
    connection: Transaction, reader: Orderer, now: Now, request_id: RowId, decision: Decision
) -> RequestDetail:
    return await cancelling.cancel(connection, reader, request_id, decision.note, now)
