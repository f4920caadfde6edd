"""What the routing model tries to save: close to the exact cost, where OR-Tools can say it cheaply."""

from __future__ import annotations

from typing import Any

from dispatch.cost import PER_FEN
from dispatch.nodes import Node
from dispatch.routing_model import Frame
from dispatch.visits import FAR

TYPICAL_MIN = 5
"""The model has no price per change, so the one for telling people anew is spread over a typical delay."""


def add_costs(frame: Frame, time: Any) -> None:
    """Distance, dearer without passengers, and time; upgrades by class of car; idle cars; being late.

    The driver's time is priced on the way only: a price on the whole span beside soft time bounds makes
    OR-Tools schedule every route by linear programming, a hundred times slower.
    """
    weights = frame.problem.params.weights
    per_s = weights.driver_per_hour * PER_FEN // 3600
    by_class: dict[str, int] = {}
    for d, duty in enumerate(frame.given.duties):
        vehicle_class = duty.chain.vehicle.vehicle_class
        if vehicle_class not in by_class:
            by_class[vehicle_class] = _arcs(frame, vehicle_class, per_s)
        frame.model.SetArcCostEvaluatorOfVehicle(by_class[vehicle_class], d)
        used = weights.vehicle_used * PER_FEN if duty.fresh else 0
        frame.model.SetFixedCostOfVehicle(used + frame.problem.params.early_s * per_s, d)
        overtime = weights.overtime_per_hour * PER_FEN // 3600
        time.SetCumulVarSoftUpperBound(frame.model.End(d), duty.shift_end, overtime)
    for k, node in enumerate(frame.given.nodes):
        _lateness(frame, time, k, node)


def _arcs(frame: Frame, vehicle_class: str, per_s: int) -> int:
    weights, travel = frame.problem.params.weights, frame.problem.travel
    metres, seconds, nodes = travel.metres_rows, travel.seconds_rows, frame.given.nodes
    takes = frame.per_node([n.takes for n in nodes])
    extra = frame.per_node([_at_node(frame, node, vehicle_class) for node in nodes])

    def arc(a: int, b: int) -> int:
        loaded = takes[a] > 0 or takes[b] < 0
        price = weights.loaded_per_km if loaded else weights.empty_per_km
        leave, reach = frame.exit[a], frame.entry[b]
        return metres[leave][reach] * price + seconds[leave][reach] * per_s + extra[b]

    return frame.matrix(arc)


def _at_node(frame: Frame, node: Node, vehicle_class: str) -> int:
    weights = frame.problem.params.weights
    steps = node.request.upgrade_steps(vehicle_class) or 0
    upgrade = steps * weights.upgrade_per_step * PER_FEN if node.takes >= 0 else 0
    return upgrade + node.inner_m * weights.loaded_per_km


def _lateness(frame: Frame, time: Any, k: int, node: Node) -> None:
    """What it costs to be near the limit, or later than people were told."""
    params = frame.problem.params
    soft, per_min = node.latest - params.comfortable_slack_s, params.weights.lateness_risk_per_min
    told = frame.problem.told.get((node.request.id, node.visits[0].kind))
    if told is not None:
        soft = told
        per_min = params.weights.promise_later_per_min + params.weights.promise_changed // TYPICAL_MIN
    if node.latest < FAR and per_min:
        time.SetCumulVarSoftUpperBound(frame.index(k), max(0, soft), per_min * PER_FEN // 60)
