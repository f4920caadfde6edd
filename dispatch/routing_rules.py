"""The rules of the routing model, one function each."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dispatch.cost import PER_FEN
from dispatch.model import Request
from dispatch.nodes import longest_ride
from dispatch.routing_model import Frame
from dispatch.visits import FAR, consent


def add_time(frame: Frame) -> Any:
    """Windows, service and travel; a duty begins when the one before it has ended."""
    model, nodes, duties = frame.model, frame.given.nodes, frame.given.duties
    horizon = max(d.chain.hi for d in duties)
    transit = frame.between(frame.problem.travel.seconds_rows, [n.busy_s for n in nodes])
    time = frame.dimension(transit, horizon, horizon, False, "time")
    for k, node in enumerate(nodes):
        time.CumulVar(frame.index(k)).SetRange(max(0, node.earliest), min(node.latest, horizon))
    for d, duty in enumerate(duties):
        start, end = time.CumulVar(model.Start(d)), time.CumulVar(model.End(d))
        latest = duty.chain.hi if duty.chain.waits else duty.chain.ready
        start.SetRange(duty.chain.ready, max(latest, duty.chain.ready))
        end.SetRange(0, duty.chain.hi)
        if duty.after is not None:
            frame.solver.Add(time.CumulVar(model.End(duty.after)) <= start)
        if duty.anchor is not None:
            frame.solver.Add(model.ActiveVehicleVar(d) <= model.ActiveVehicleVar(duty.anchor))
        model.AddVariableMaximizedByFinalizer(start)
        model.AddVariableMinimizedByFinalizer(end)
    return time


def add_places(frame: Frame) -> None:
    """Seats, luggage and wheelchairs of those who share; a trip of its own begins in an empty car."""
    nodes, duties = frame.given.nodes, frame.given.duties
    for need, room in (("persons", "seats"), ("luggage", "luggage"), ("wheelchairs", "wheelchairs")):
        taken = [n.takes * getattr(n.request, need) for n in nodes]
        aboard = [sum(getattr(r, need) for r in _sharers_aboard(frame, d)) for d in range(len(duties))]
        if any(taken):
            frame.load(need, taken, [getattr(d.chain.vehicle, room) for d in duties], aboard)
    aboard = [len(_sharers_aboard(frame, d)) for d in range(len(duties))]
    company = frame.load("company", [n.takes for n in nodes], [len(nodes)] * len(duties), aboard)
    for k, node in enumerate(nodes):
        if node.alone:
            company.CumulVar(frame.index(k)).SetValue(0)


def _sharers_aboard(frame: Frame, duty: int) -> list[Request]:
    inside = [frame.problem.request[o.request_id] for o in frame.given.duties[duty].chain.aboard]
    return [r for r in inside if r.sharing is not None]


def add_driving(frame: Frame) -> None:
    """Hours at the wheel per driver and metres per car, over all their duties together."""
    nodes, duties, travel = frame.given.nodes, frame.given.duties, frame.problem.travel
    rest = frame.given.book.without({d.chain.run_id for d in duties})
    wheel = {d.id: rest.driving_spare_s(d) for d in frame.problem.drivers}
    reach = {v.id: rest.range_spare_m(v) for v in frame.problem.vehicles}
    driving = frame.between(travel.seconds_rows, [n.wheel_s for n in nodes])
    frame.at_most_together("wheel", driving, [d.chain.driver_id for d in duties], wheel)
    if min(reach.values()) < FAR:
        way = frame.between(travel.metres_rows, [n.inner_m for n in nodes])
        frame.at_most_together("range", way, [d.chain.vehicle.id for d in duties], reach)


def add_pairs(frame: Frame, time: Any) -> None:
    """Both ends of a shared trip on one duty, in order and in time; open ones stay unserved at a price."""
    model, nodes = frame.model, frame.given.nodes
    penalty = frame.problem.params.weights.unserved * PER_FEN
    ons = {n.request.id: k for k, n in enumerate(nodes) if n.takes > 0}
    for k, node in enumerate(nodes):
        price = penalty * max(1, node.request.priority)
        if node.takes == 0 and node.duty is None:
            model.AddDisjunction([frame.index(k)], price)
        if node.takes >= 0 or node.request.id not in ons:
            continue
        first = ons[node.request.id]
        on, off = frame.index(first), frame.index(k)
        model.AddPickupAndDelivery(on, off)
        frame.solver.Add(model.VehicleVar(on) == model.VehicleVar(off))
        frame.solver.Add(time.CumulVar(on) <= time.CumulVar(off))
        limit = longest_ride(frame.problem, nodes[first], node)
        frame.solver.Add(time.CumulVar(off) - time.CumulVar(on) <= limit)
        if node.duty is None:
            model.AddDisjunction([on], price - price // 2)
            model.AddDisjunction([off], price // 2)
            frame.solver.Add(model.ActiveVar(on) == model.ActiveVar(off))


def add_who_may(frame: Frame) -> None:
    """Pinned nodes stay on their duty; others go where class and places of the car allow."""
    for k, node in enumerate(frame.given.nodes):
        if node.duty is not None:
            frame.vehicle(k).SetValue(node.duty)
            continue
        request = node.request
        allowed = [
            d
            for d, vehicle in enumerate(duty.chain.vehicle for duty in frame.given.duties)
            if request.upgrade_steps(vehicle.vehicle_class) is not None
            and request.persons <= vehicle.seats
            and request.luggage <= vehicle.luggage
            and request.wheelchairs <= vehicle.wheelchairs
        ]
        frame.vehicle(k).SetValues([-1, *allowed])


def add_order(frame: Frame, time: Any) -> None:
    """Dispatched stops keep their order; who rides alone in a car under way gets off first.

    The empty car waits nowhere for long, save between dispatched stops that are so far apart.
    """
    nodes, longest = frame.given.nodes, frame.problem.params.park_s
    far_apart = set[int]()
    for d, duty in enumerate(frame.given.duties):
        pinned = frame.given.pinned(d)
        for a, b in pairwise(pinned):
            done = time.CumulVar(frame.index(a)) + nodes[a].busy_s
            frame.solver.Add(done <= time.CumulVar(frame.index(b)))
            if nodes[b].latest - nodes[a].earliest - nodes[a].busy_s > longest:
                far_apart.add(a)
        inside = {o.request_id for o in duty.chain.aboard}
        if pinned and nodes[pinned[0]].alone and nodes[pinned[0]].request.id in inside:
            first = frame.model.NextVar(frame.model.Start(d))
            frame.solver.Add(first == frame.index(pinned[0]))
    for k in range(len(nodes)):
        if k not in far_apart:
            time.SlackVar(frame.index(k)).SetMax(longest)


def add_consent(frame: Frame, time: Any) -> None:
    """Two who share, but not with each other, are never in one car at the same time."""
    solver, nodes = frame.solver, frame.given.nodes
    on = {n.request.id: k for k, n in enumerate(nodes) if n.takes > 0}
    off = {n.request.id: k for k, n in enumerate(nodes) if n.takes < 0}
    sharers = [frame.problem.request[q] for q in off]
    for number, a in enumerate(sharers):
        for b in sharers[number + 1 :]:
            if consent(a, b) or not _may_meet(a, b):
                continue
            same = solver.IsEqualVar(frame.vehicle(off[a.id]), frame.vehicle(off[b.id]))
            apart = [
                solver.IsLessOrEqualVar(
                    time.CumulVar(frame.index(off[one.id])), time.CumulVar(frame.index(on[two.id]))
                )
                for one, two in ((a, b), (b, a))
                if two.id in on
            ]
            served = frame.model.ActiveVar(frame.index(off[a.id]))
            solver.Add(same + served <= solver.Sum([*apart, solver.IntConst(1)]))


def _may_meet(one: Request, two: Request) -> bool:
    return (
        one.pickup_window.earliest < two.arrival_window.latest
        and two.pickup_window.earliest < one.arrival_window.latest
    )
