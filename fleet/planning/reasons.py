"""Why a proposal, and why none: the reasons of dispatch in the terms of the office."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import dispatch
from dispatch import NoOption, Option, Problem, ReasonCode, Relaxation, Tone
from fleet.planning.snapshot import Snapshot
from schemas.api.proposals import Obstacle, Reason

MOMENTS = frozenset({"arrive", "low", "high", "until", "pickup"})
"""Values that dispatch gives in seconds of its epoch; screens get ISO 8601 in UTC."""


def reasons_of(snapshot: Snapshot, problem: Problem, option: Option) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            code=str(reason.code),
            weight=_weight(reason),
            values=_values(snapshot, problem, dict(reason.values)),
        )
        for reason in option.reasons
    )


def _weight(reason: dispatch.Reason) -> Literal["for", "against", "why_not"]:
    if reason.code is ReasonCode.NOT_NEAREST:
        return "why_not"
    return "against" if reason.tone is Tone.MINUS else "for"


def _values(
    snapshot: Snapshot, problem: Problem, values: dict[str, int | str]
) -> dict[str, str | int | float | None]:
    """The same values; ids get the number, plate or name that people know beside them."""
    told: dict[str, str | int | float | None] = {}
    for key, value in values.items():
        told[key] = _moment(problem, int(value)) if key in MOMENTS else value
    if "request_id" in values:
        told["request_number"] = snapshot.request(int(values["request_id"])).number
    if "vehicle_id" in values:
        told["plate"] = snapshot.vehicle(int(values["vehicle_id"])).plate
    if "driver_id" in values:
        told["driver"] = snapshot.driver(int(values["driver_id"])).name
    if values.get("run_id"):
        told["run_number"] = snapshot.run(int(values["run_id"])).number
    return told


def _moment(problem: Problem, second: int) -> str:
    return (problem.epoch + timedelta(seconds=second)).isoformat()


def obstacle_of(snapshot: Snapshot, problem: Problem, none: NoOption) -> Obstacle:
    """Which constraint binds, and how many cars each one excludes: the counts add up to the cars checked."""
    counts = sorted(none.counts, key=lambda c: -c.vehicles)
    return Obstacle(
        binding=str(none.binding) if none.binding else "status",
        vehicles_checked=none.checked,
        excluded=[(str(c.constraint), c.vehicles) for c in counts if c.vehicles],
        relaxation=_relaxation(snapshot, problem, none.relaxations[0]) if none.relaxations else None,
    )


def _relaxation(snapshot: Snapshot, problem: Problem, relaxation: Relaxation) -> Reason:
    values: dict[str, int | str] = {"amount": relaxation.amount}
    if relaxation.pickup is not None:
        values["pickup"] = relaxation.pickup
    if relaxation.vehicle_id is not None:
        values["vehicle_id"] = relaxation.vehicle_id
    return Reason(code=f"relax_{relaxation.kind}", weight="for", values=_values(snapshot, problem, values))
