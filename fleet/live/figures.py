"""The figures of the top bar, from the vehicles themselves and the counts of the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from schemas.api.live import Counters, LiveVehicle

Group = Literal["idle", "on_task", "lost", "disabled"]

LOST_AFTER = timedelta(seconds=180)
"""Beyond the interval expected of the terminal."""

TRANSIT = timedelta(seconds=2)
"""What one transmission may take, in real time; a simulated clock runs on meanwhile."""


def group_of(vehicle: LiveVehicle, now: datetime, rate: float) -> Group:
    """The one counter and map filter a vehicle belongs to.

    disabled: out of service. Else lost: never heard, or its position is older than the interval expected of
    the terminal and three minutes. Else idle, or on_task: under way, with a run or without.
    """
    if vehicle.activity == "disabled":
        return "disabled"
    patience = timedelta(seconds=vehicle.expected_interval_s) + LOST_AFTER + TRANSIT * (rate - 1)
    if vehicle.time is None or now - vehicle.time > patience:
        return "lost"
    return "idle" if vehicle.activity == "idle" else "on_task"


def counters_of(
    vehicles: Iterable[LiveVehicle], counts: Mapping[str, Any], now: datetime, rate: float
) -> Counters:
    groups = Counter(group_of(vehicle, now, rate) for vehicle in vehicles)
    on_time, delay = counts["on_time_pct"], counts["delay_s"]
    return Counters(
        to_handle=counts["to_handle"],
        pending=counts["pending"],
        idle=groups["idle"],
        on_task=groups["on_task"],
        lost=groups["lost"],
        disabled=groups["disabled"],
        total=groups.total(),
        on_time_pct=None if on_time is None else round(float(on_time), 1),
        delay_s=None if delay is None else round(delay, 1),
    )
