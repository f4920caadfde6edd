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
    """The same values; ids get the number, plate or name that people know beside them.

    A run that is itself only proposed has a working name that means nothing outside: it is left out.
    """
    told: dict[str, str | int | float | None] = {}
    for key, value in values.items():
        told[key] = _moment(problem, int(value)) if key in MOMENTS else value
    names = {
        ("request_id", "request_number"): {str(r.id): r.number for r in snapshot.requests},
        ("vehicle_id", "plate"): {str(v.id): v.plate for v in snapshot.vehicles},
        ("driver_id", "driver"): {str(d.id): d.name for d in snapshot.drivers},
        ("run_id", "run_number"): {str(r.id): r.number for r in snapshot.runs},
    }
    for (key, beside), known in names.items():
        if key not in values:
            continue
        told[beside] = known.get(str(values[key]))
        if told[beside] is None:
            told[key] = None
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
