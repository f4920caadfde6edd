"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from fleet.api.dependencies import acquire
from fleet.api.metrics import Metrics
from fleet.errors import UnavailableError

router = APIRouter(include_in_schema=False)

SCHEMA_REVISION = "SELECT version_num FROM alembic_version"


@router.get("/livez")
async def livez() -> PlainTextResponse:
    """The process runs; says nothing of the database."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def readyz(request: Request) -> PlainTextResponse:
    """The database answers and has the schema this version was written for."""
    async with acquire(request.app.state.pool) as connection:
        revision = await connection.fetchval(SCHEMA_REVISION)
    expected = request.app.state.schema_revision
    if revision != expected:
        raise UnavailableError(
            f"the database has schema {revision}, this version needs {expected}", "Run the migrations."
        )
    return PlainTextResponse("ready\n")


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    return Response(cast("Metrics", request.app.state.metrics).text(), media_type=CONTENT_TYPE_LATEST)
