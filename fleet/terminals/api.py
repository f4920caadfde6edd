"""Terminals over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from fleet.api.dependencies import Now, Reader, SettingsOf, Transaction, requires
from fleet.terminals import repository, service
from fleet.terminals.service import Office
from schemas.api.terminals import IssuedCredential, TerminalItem

router = APIRouter(tags=["terminals"], prefix="/terminals")

Administrator = Annotated[Reader, Depends(requires("administrator"))]
Observer = Annotated[Reader, Depends(requires("administrator", "clerk", "auditor"))]
Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


@router.get("")
async def terminals(
    connection: Transaction,
    reader: Observer,
    now: Now,
    after: Annotated[str | None, Query(max_length=32, pattern=r"^[A-Za-z0-9_-]*$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[TerminalItem]:
    """By code; `after` continues behind the last one seen."""
    return await repository.terminals(connection, now, reader.organisation_path, after=after, limit=limit)


@router.get("/{code}")
async def terminal(connection: Transaction, reader: Observer, now: Now, code: Code) -> TerminalItem:
    return await service.find(connection, _office(reader, now), code)


@router.post("/{code}/credential", status_code=201)
async def issue(
    connection: Transaction, reader: Administrator, now: Now, settings: SettingsOf, code: Code
) -> IssuedCredential:
    """A first secret, or one after a revocation. It is shown here and never again."""
    return await service.issue(connection, _office(reader, now), code, settings.credential_key)


@router.post("/{code}/credential/rotate")
async def rotate(
    connection: Transaction, reader: Administrator, now: Now, settings: SettingsOf, code: Code
) -> IssuedCredential:
    """Another secret; the old one ends, and the connection made with it, when the broker is told."""
    return await service.rotate(connection, _office(reader, now), code, settings.credential_key)


@router.post("/{code}/credential/revoke")
async def revoke(connection: Transaction, reader: Administrator, now: Now, code: Code) -> TerminalItem:
    """The terminal is disconnected and cannot come back."""
    return await service.revoke(connection, _office(reader, now), code)


def _office(reader: Reader, now: Now) -> Office:
    return Office(reader.actor, reader.organisation_path, now)
