"""The application: routers of all domains, the web app, health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

import fleet.calendar.api
import fleet.dispatching.api
import fleet.identity.api
import fleet.live.api
import fleet.maps.api
import fleet.orders.api
import fleet.planning.api
import fleet.registry.api
import fleet.supervision.api
import fleet.terminals.api
import schemas.migrations
from fleet.api import health, problems
from fleet.api.dependencies import guard_against_forgery
from fleet.api.metrics import Metrics
from fleet.api.middleware import Measured, SecurityHeaders
from fleet.api.webapp import WebApp
from fleet.database import open_pool
from fleet.identity.throttle import SignInThrottle
from fleet.live.relay import Relay
from fleet.settings import Settings
from schemas.api.base import Problem

ROUTERS = (
    fleet.identity.api.router,
    fleet.registry.api.router,
    fleet.calendar.api.router,
    fleet.orders.api.router,
    fleet.planning.api.router,
    fleet.dispatching.api.router,
    fleet.supervision.api.router,
    fleet.terminals.api.router,
    fleet.live.api.router,
    fleet.maps.api.router,
)

LARGEST_BODY = 2**20
"""Bytes; a route that takes more says so itself."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "Problem details (application/problem+json)"}
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole HTTP side of the office. Nothing is connected before its lifespan begins."""
    settings = settings or Settings()
    app = FastAPI(
        title="Motorpool",
        version="1",
        lifespan=_lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY,
    )
    app.state.settings = settings
    app.state.clock = settings.the_clock
    app.state.metrics = Metrics()
    app.state.sign_in_throttle = SignInThrottle()
    app.add_middleware(Measured, metrics=app.state.metrics)
    app.add_middleware(SecurityHeaders)
    problems.install(app)
    app.include_router(_api())
    app.include_router(health.router)
    app.include_router(fleet.maps.api.tiles)
    app.mount("/", GZipMiddleware(WebApp(), minimum_size=1000))
    return app


def _api() -> APIRouter:
    router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(guard_against_forgery)])
    for domain in ROUTERS:
        router.include_router(domain)
    return router


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    (state.schema_revision,) = schemas.migrations.heads()
    state.pool = await open_pool(state.settings, "api")
    state.relay = Relay(state.pool, state.clock)
    relaying = asyncio.create_task(state.relay.run())
    try:
        yield
    finally:
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
        await state.pool.close()
