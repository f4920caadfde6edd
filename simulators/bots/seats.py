"""The seats of the office: requesters ask, approvers decide, a second clerk confirms what nobody took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from schemas.api.proposals import ProposalSet
from schemas.api.requests import Decision, RequestDetail, RequestSummary
from schemas.api.runs import Run
from simulators.bots.office import Desk, RefusedError
from simulators.demand import PlannedRequest

log = structlog.get_logger()


class Requester:
    """Asks for cars at the moments the script says."""

    def __init__(
        self, desks: Mapping[str, Desk], script: Sequence[PlannedRequest], note: Callable[[str], None]
    ) -> None:
        self._desks = desks
        self._script = sorted(script, key=lambda planned: planned.submitted_at)
        self._note = note

    async def tick(self, now: datetime) -> None:
        """Hand in what is due. What an outage kept back stays first in line."""
        while self._script and self._script[0].submitted_at <= now:
            planned = self._script[0]
            if planned.request.pickup_from > now:
                await self._ask(planned)
            self._note(planned.code)
            self._script.pop(0)

    async def _ask(self, planned: PlannedRequest) -> None:
        try:
            await self._desks[planned.login].post("/requests", RequestDetail, planned.request)
        except RefusedError as refusal:
            log.warning("request refused", code=planned.code, reason=str(refusal))


class Approver:
    """Approves the requests of one department."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def tick(self) -> None:
        waiting = await self._desk.get("/requests", list[RequestSummary], status="unit_review")
        for request in waiting:
            try:
                await self._desk.post(f"/requests/{request.id}/approve", RequestDetail, Decision(note="同意"))
            except RefusedError as refusal:
                log.info("approval refused", request=request.number, reason=str(refusal))


class Clerk:
    """Confirms the planner's first choice once a request is due within `patience`, so that a person at the
    console has the first word; what a colleague entered is left to that colleague."""

    def __init__(self, desk: Desk, patience: timedelta) -> None:
        self._desk = desk
        self._patience = patience
        self.confirmed = 0

    async def tick(self, now: datetime) -> None:
        waiting = await self._desk.get("/requests", list[RequestSummary], status="pending_dispatch")
        for request in waiting:
            due = request.decide_by - now <= self._patience
            if due and request.proposals and request.kind != "direct":
                await self._confirm(request)

    async def _confirm(self, request: RequestSummary) -> None:
        try:
            offered = await self._desk.get(f"/requests/{request.id}/proposals", ProposalSet)
            if offered.proposals:
                await self._desk.post(f"/proposals/{offered.proposals[0].id}/confirm", Run)
                self.confirmed += 1
        except RefusedError as refusal:
            log.info("confirmation refused", request=request.number, reason=str(refusal))
