"""The planner at work: look, answer at once what has no answer yet, then search for a better plan of all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import structlog

from dispatch import DispatchError
from fleet.database import Pool
from fleet.errors import NotFoundError
from fleet.notifications import notify
from fleet.planning import facts, repository
from fleet.planning.cards import Desk
from fleet.planning.desk import Preparation, Said, ask_now
from fleet.planning.publishing import publish
from fleet.planning.settings import PlanningSettings
from fleet.planning.solver import Solver
from schemas.clock import Clock

log = structlog.get_logger()


class Planner:
    """Writes proposals with the lease `token`; a StaleLeaderError from any method means: stop leading."""

    def __init__(
        self,
        pool: Pool,
        preparation: Preparation,
        solver: Solver,
        settings: PlanningSettings,
        clock: Clock,
        token: int,
    ) -> None:
        self._pool = pool
        self._preparation = preparation
        self._solver = solver
        self._settings = settings
        self._clock = clock
        self._token = token
        self._writing = asyncio.Lock()

    async def answer(self, request_id: int) -> None:
        """Propose for one request now, because somebody waits for it."""
        async with self._pool.acquire() as connection:
            supplier_id = await facts.supplier_of_request(connection, request_id)
        if supplier_id is None:
            raise NotFoundError(f"there is no request {request_id}")
        desk = await self._look(supplier_id, request_id)
        if any(r.id == request_id for r in desk.snapshot.open_requests):
            await self._answer_now(desk, [request_id])

    async def pass_over(self, *, search: bool) -> int:
        """Look at every pool: answer requests without a proposal at once; with `search`, improve them all.

        Returns how many requests are open. A pool that cannot be planned does not keep the others waiting.
        """
        await self._tidy()
        async with self._pool.acquire() as connection:
            wanted = await facts.requests_to_plan(connection, self._clock.now(), self._settings)
        for supplier_id in sorted({r.supplier_id for r in wanted}):
            unanswered = [r.id for r in wanted if r.supplier_id == supplier_id and not r.answered]
            if not unanswered and not search:
                continue
            try:
                await self._pass_over_pool(supplier_id, unanswered, search)
            except DispatchError:
                log.exception("a pool could not be planned", supplier=supplier_id)
        return len(wanted)

    async def _pass_over_pool(self, supplier_id: int, unanswered: Sequence[int], search: bool) -> None:
        desk = await self._look(supplier_id)
        still_open = {r.id for r in desk.snapshot.open_requests}
        await self._answer_now(desk, [i for i in unanswered if i in still_open])
        if search and still_open:
            await self._improve(desk)

    async def _look(self, supplier_id: int, request_id: int | None = None) -> Desk:
        snapshot = await self._preparation.snapshot(self._pool, self._clock.now(), supplier_id, request_id)
        async with self._pool.acquire() as connection:
            return await self._preparation.desk(connection, snapshot, store=True)

    async def _answer_now(self, desk: Desk, request_ids: Sequence[int]) -> None:
        for request_id in request_ids:
            began = time.perf_counter()
            try:
                said = await asyncio.to_thread(ask_now, desk, request_id)
            except DispatchError:
                log.exception("a request could not be planned", request=request_id)
                continue
            await self._publish(desk, [said], began)

    async def _improve(self, desk: Desk) -> None:
        began = time.perf_counter()
        plan = await self._solver.plan(desk.problem, self._settings.search_s)
        if plan is not None:
            said = [Said(p.request_id, p.options, p.no_option) for p in plan.proposals]
            await self._publish(desk, said, began)

    async def _publish(self, desk: Desk, said: Sequence[Said], began: float) -> None:
        answers = await self._preparation.answers(desk, said)
        solve_ms = round((time.perf_counter() - began) * 1000)
        async with self._writing, self._pool.acquire() as connection, connection.transaction():
            changed = await publish(
                connection,
                self._token,
                desk.snapshot,
                answers,
                solve_ms=solve_ms,
                obstacle_expires_at=desk.snapshot.taken_at + self._settings.proposal_life,
            )
            await repository.withdraw_stale(connection)  # people went on deciding while we searched
        if changed:
            log.info("proposed", requests=changed, solve_ms=solve_ms)

    async def _tidy(self) -> None:
        """Proposals of requests that are settled, and those past their time, no longer stand."""
        now = self._clock.now()
        async with self._writing, self._pool.acquire() as connection, connection.transaction():
            await repository.check_lease(connection, self._token)
            await repository.withdraw_stale(connection)
            for request_id, supplier_id in sorted(await repository.expire(connection, now)):
                await notify(
                    connection, at=now, topic="proposal", subject_id=request_id, organisation_id=supplier_id
                )
