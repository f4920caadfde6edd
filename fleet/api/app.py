"""The application: routers of all domains, the web app, health and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from fleet.api import problems
from fleet.api.dependencies import guard_against_forgery
from fleet.database import open_pool
from fleet.identity.throttle import SignInThrottle
from fleet.settings import Settings
from schemas.api.base import Problem

DOMAINS = (
    "identity", "registry", "orders", "planning", "dispatching", "supervision", "live", "maps",
)  # fmt: skip

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "Problem details (application/problem+json)"}
}


def _api() -> APIRouter:
    router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(guard_against_forgery)])
    for domain in DOMAINS:
        if find_spec(f"fleet.{domain}") and find_spec(f"fleet.{domain}.api"):
            router.include_router(import_module(f"fleet.{domain}.api").router)
    return router


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await open_pool(settings, "api")
        try:
            yield
        finally:
            await app.state.pool.close()

    app = FastAPI(
        title="Motorpool",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.clock = settings.the_clock
    app.state.sign_in_throttle = SignInThrottle()
    problems.install(app)
    app.include_router(_api())
    return app
