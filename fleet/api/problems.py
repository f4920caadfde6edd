"""Every error as problem details (RFC 9457): what was wrong, where, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from fleet.database import AWAY
from fleet.errors import FleetError
from schemas.api.base import FieldError, Problem

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

TRY_AGAIN = (asyncpg.LockNotAvailableError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


def answer(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    remedy: str = "",
    errors: list[FieldError] | None = None,
) -> Response:
    problem = Problem(
        type=f"urn:motorpool:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        remedy=remedy,
        errors=errors or [],
    )
    return Response(problem.model_dump_json(), status, media_type=MEDIA_TYPE)


async def on_fleet_error(_: Request, error: FleetError) -> Response:
    return answer(error.status, error.kind, error.title, error.detail, remedy=error.remedy)


async def on_http_error(request: Request, error: HTTPException) -> Response:
    title = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != title else f"{request.method} {request.url.path}: {title}"
    return answer(error.status_code, "http", title, detail)


def _field(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location if part != "body") or "body"


def _message(error: dict[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


async def on_validation_error(_: Request, error: RequestValidationError) -> Response:
    errors = [FieldError(field=_field(each["loc"]), message=_message(each)) for each in error.errors()]
    return answer(
        422,
        "invalid",
        "The request is not valid",
        "; ".join(f"{each.field}: {each.message}" for each in errors),
        remedy="Correct the named fields and send it again.",
        errors=errors,
    )


async def on_double_booking(_: Request, __: asyncpg.ExclusionViolationError) -> Response:
    """The other booking may be nobody's business of this reader: say only that there is one."""
    return answer(
        409,
        "double-booking",
        "Already taken",
        "the vehicle or the driver is already reserved in this window",
        remedy="Fetch the proposals again and choose another vehicle, driver or time.",
    )


async def on_bad_data(_: Request, error: Exception) -> Response:
    return answer(
        422, "invalid", "The request is not valid", f"a value is out of range: {error.args[0]}",
        remedy="Remove control characters and keep numbers and dates within reason.",
    )  # fmt: skip


async def on_contention(_: Request, __: Exception) -> Response:
    return answer(
        409,
        "busy",
        "Somebody else is changing this",
        "another change of the same record is under way",
        remedy="Fetch it again and repeat the step.",
    )


async def on_database_away(request: Request, error: Exception) -> Response:
    log.warning("database away", path=request.url.path, error=repr(error))
    return answer(
        503,
        "unavailable",
        "A service is not available",
        "the database does not answer",
        remedy="Try again in a moment.",
    )


async def on_unexpected(_: Request, __: Exception) -> Response:
    """The server logs the trace; the client learns nothing of the inside."""
    return answer(
        500,
        "internal",
        "Internal error",
        "something went wrong on our side",
        remedy="Try again; if it stays, tell the operator the time of this answer.",
    )


def install(app: FastAPI) -> None:
    handlers: list[tuple[type[Exception], Any]] = [
        (FleetError, on_fleet_error),
        (HTTPException, on_http_error),
        (RequestValidationError, on_validation_error),
        (asyncpg.ExclusionViolationError, on_double_booking),
        (asyncpg.DataError, on_bad_data),
        (OverflowError, on_bad_data),  # of dates: only a client names the year 1
        *((kind, on_database_away) for kind in AWAY),
        *((kind, on_contention) for kind in TRY_AGAIN),
        (asyncpg.exceptions._base.DataError, on_bad_data),
        (Exception, on_unexpected),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
