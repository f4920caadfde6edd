"""Sign-in over HTTP: the session is an HttpOnly cookie, its token never appears in a body or a URL."""

from __future__ import annotations

from datetime import timedelta
from typing import cast, get_args

from fastapi import APIRouter, Request, Response

from fleet.api.dependencies import Now, Reader, SettingsOf, SignedIn, Transaction
from fleet.errors import NotFoundError
from fleet.identity import service
from fleet.identity.demo import read_demo_accounts
from fleet.identity.throttle import SignInThrottle
from fleet.identity.tokens import COOKIE
from schemas.api.base import Named
from schemas.api.identity import DemoAccount, Me, Role, SignIn

router = APIRouter(tags=["identity"])

ROLES: tuple[Role, ...] = get_args(Role)


def _me(reader: Reader) -> Me:
    return Me(
        account_id=reader.account_id,
        login=reader.login,
        name=reader.name,
        title=reader.title,
        roles=[role for role in ROLES if role in reader.roles],
        organisation=Named(id=reader.organisation_id, name=reader.organisation_name),
        driver_id=reader.driver_id,
    )


@router.post("/session")
async def sign_in(
    request: Request,
    response: Response,
    connection: Transaction,
    settings: SettingsOf,
    now: Now,
    credentials: SignIn,
) -> Me:
    """Sign in. The answer sets the session cookie."""
    lifetime = timedelta(hours=settings.session_hours)
    opened = await service.sign_in(
        connection,
        cast("SignInThrottle", request.app.state.sign_in_throttle),
        login=credentials.login,
        password=credentials.password.get_secret_value(),
        address=request.client.host if request.client else "",
        lifetime=lifetime,
        now=now,
    )
    response.set_cookie(
        COOKIE,
        opened.token,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return _me(opened.reader)


@router.get("/session")
async def who_am_i(reader: SignedIn) -> Me:
    return _me(reader)


@router.delete("/session", status_code=204)
async def sign_out(
    request: Request, response: Response, connection: Transaction, reader: SignedIn, now: Now
) -> None:
    await service.sign_out(connection, reader, request.cookies[COOKIE], now)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")


@router.get("/demo/accounts")
async def demo_accounts(settings: SettingsOf) -> list[DemoAccount]:
    """The seeded accounts of a demo; 404 in production."""
    if not settings.demo:
        raise NotFoundError("this is not a demo")
    return read_demo_accounts(settings.demo_accounts)
