"""The `motorpool plan` process: waits to lead, answers over loopback HTTP, plans whatever changed."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog
import uvicorn
from fastapi import FastAPI, Request, Response

from fleet.api import problems
from fleet.database import Pool, open_pool
from fleet.planning.desk import Preparation
from fleet.planning.errors import NotLeadingError, StaleLeaderError
from fleet.planning.leader import Lease, leading
from fleet.planning.planner import Planner
from fleet.planning.router import Router
from fleet.planning.settings import PlanningSettings
from fleet.planning.solver import Solver
from fleet.planning.watch import Watch
from fleet.settings import Settings
from schemas.clock import Clock

log = structlog.get_logger()

DATABASE_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, StaleLeaderError)
LONGEST_BACKOFF_S = 10.0


class PlannerProcess:
    """Leads when it can; while it does, `planner` answers. Outlives restarts of database and router."""

    def __init__(self, settings: Settings, planning: PlanningSettings, address: str, clock: Clock) -> None:
        self._settings = settings
        self._planning = planning
        self._address = address
        self._clock = clock
        self._solver = Solver()
        self.planner: Planner | None = None

    async def run(self) -> None:
        """Until cancelled."""
        backoff = 0.5
        try:
            while True:
                began = time.monotonic()
                try:
                    await self._serve_once()
                except DATABASE_TROUBLE as error:
                    log.warning("stops leading", error=str(error), again_in_s=backoff)
                except (
                    Exception
                ):  # a fault of ours must not end the process: what it did not do, it does anew
                    log.exception("stops leading after a fault", again_in_s=backoff)
                backoff = 0.5 if time.monotonic() - began > 30 else min(backoff * 2, LONGEST_BACKOFF_S)
                await asyncio.sleep(backoff)
        finally:
            self._solver.close()

    async def _serve_once(self) -> None:
        async with (
            _pool(self._settings) as pool,
            _router(self._settings, self._planning) as router,
            leading(self._settings, self._address) as lease,
        ):
            if lease is not None:
                await self._lead(pool, lease, Preparation(router, self._planning))

    async def _lead(self, pool: Pool, lease: Lease, preparation: Preparation) -> None:
        planner = Planner(pool, preparation, self._solver, self._planning, self._clock, lease.token)
        watch = Watch()
        async with pool.acquire() as connection:
            await watch.start(connection)
        self.planner = planner
        try:
            await self._loop(pool, lease, planner, watch)
        finally:
            self.planner = None

    async def _loop(self, pool: Pool, lease: Lease, planner: Planner, watch: Watch) -> None:
        """Answer what is new within a poll; search in the background after changes and as time passes."""
        search = _Search(planner, self._planning, self._clock)
        try:
            while True:
                await lease.check()
                async with pool.acquire() as connection:
                    woken = await watch.woken(connection)
                if woken:
                    await planner.pass_over(search=False)
                search.start_if_due(changed=woken)
                await asyncio.sleep(self._planning.poll_s)
        finally:
            await search.stop()


class _Search:
    """At most one background search at a time, then a rest at least as long: half a core at most."""

    def __init__(self, planner: Planner, planning: PlanningSettings, clock: Clock) -> None:
        self._planner = planner
        self._planning = planning
        self._clock = clock
        self._task: asyncio.Task[int] | None = None
        self._changed = True
        self._rested_at = self._began_at = 0.0
        self._sweep_at = clock.now()

    def start_if_due(self, *, changed: bool) -> None:
        """Raises what the last search raised."""
        self._changed = self._changed or changed or self._clock.now() >= self._sweep_at
        if self._task is not None and not self._task.done():
            return
        if self._task is not None:
            self._task.result()
            self._task = None
            took = time.monotonic() - self._began_at
            self._rested_at = time.monotonic() + max(self._planning.rest_s, took)
        if self._changed and time.monotonic() >= self._rested_at:
            self._changed = False
            self._began_at = time.monotonic()
            self._sweep_at = self._clock.now() + self._planning.sweep
            self._task = asyncio.create_task(self._planner.pass_over(search=True))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


@asynccontextmanager
async def _pool(settings: Settings) -> AsyncIterator[Pool]:
    pool = await open_pool(settings, "planner")
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def _router(settings: Settings, planning: PlanningSettings) -> AsyncIterator[Router]:
    router = Router(settings.valhalla_url, planning.router_timeout_s)
    try:
        yield router
    finally:
        await router.close()


def create_planner_app(process: PlannerProcess) -> FastAPI:
    """The leading planner's immediate answers, for the office alone: loopback, no sign-in."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = asyncio.create_task(process.run())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    app = FastAPI(
        title="Motorpool planner", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    problems.install(app)

    @app.post("/plan/{request_id}", status_code=204)
    async def plan_now(request_id: int, _: Request) -> Response:
        if process.planner is None:
            raise NotLeadingError("this planner stands by", "Ask the one named in the lease.")
        await process.planner.answer(request_id)
        return Response(status_code=204)

    @app.get("/livez")
    async def livez() -> dict[str, bool]:
        return {"leads": process.planner is not None}

    return app


def run_planner(settings: Settings, planning: PlanningSettings) -> None:
    """Until SIGTERM or SIGINT; a stop that was asked for is a success."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what the server raises again once it has stopped
    listener = socket.create_server(("127.0.0.1", settings.planner_port))
    planner_server(settings, planning, listener, settings.the_clock).run(sockets=[listener])


def planner_server(
    settings: Settings, planning: PlanningSettings, listener: socket.socket, clock: Clock
) -> uvicorn.Server:
    """A server that leads, or waits to lead, while it runs on `listener`."""
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    app = create_planner_app(PlannerProcess(settings, planning, address, clock))
    return uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
