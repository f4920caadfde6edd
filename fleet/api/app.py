"""The application: routers of all domains, the web app, health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

import fleet.maps.api
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

DOMAINS = (
    "identity", "registry", "calendar", "orders", "planning", "dispatching", "supervision", "live", "maps",
)  # fmt: skip

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
    for domain in DOMAINS:
        if find_spec(f"fleet.{domain}") and find_spec(f"fleet.{domain}.api"):
            router.include_router(import_module(f"fleet.{domain}.api").router)
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
