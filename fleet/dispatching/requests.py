"""Requests follow their run, step by step through the table of transitions of orders."""

from __future__ import annotations

from datetime import datetime

from fleet.audit import Actor
from fleet.database import Connection
from fleet.dispatching import repository
from fleet.dispatching.model import RunRow
from fleet.dispatching.steps import WALK, request_status
from fleet.orders import service as orders
from fleet.orders.transitions import Step
from schemas.api.requests import RequestStatus

FORWARD: tuple[Step, ...] = ("dispatch", "accept", "depart", "arrive", "board", "alight", "close_run")
"""FORWARD[i] leads from WALK[i] to WALK[i + 1]."""


async def follow(connection: Connection, run: RunRow, *, actor: Actor, now: datetime, note: str = "") -> None:
    """Bring every request of `run` to where the run is. Those that left it otherwise are not touched."""
    for request_id, status in (await repository.statuses_of(connection, run.request_ids)).items():
        for step in steps_between(status, request_status(run, request_id)):
            await orders.move(
                connection, request_id, step, actor=actor, now=now, note=note, payload={"run": run.id}
            )


def steps_between(old: RequestStatus, new: RequestStatus) -> tuple[Step, ...]:
    """The steps that lead from one state to the other along a run; none from a state outside of it."""
    if old not in WALK or old == new:
        return ()
    if new == "pending_dispatch":
        return ("release",)
    places = {status: place for place, status in enumerate(WALK)}
    return FORWARD[places[old] : places[new]]
