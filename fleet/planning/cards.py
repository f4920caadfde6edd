"""From an option of dispatch to the card a clerk reads and the plan a confirmation puts in force. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import dispatch
from dispatch import Option, Problem, StopKind
from fleet.planning.in_force import ALIGHT_S
from fleet.planning.places import Places
from fleet.planning.reasons import reasons_of
from fleet.planning.settings import PlanningSettings
from fleet.planning.snapshot import RequestFact, Snapshot
from fleet.planning.spots import Spot
from fleet.planning.tariff import cost_parts
from fleet.planning.travel import Legs
from schemas.api.proposals import Obstacle, ProposedRun, ProposedStop, Reason

LAST_STOP_GRACE = timedelta(minutes=30)
"""Nobody is promised a time for the end of a round trip; beyond this the run counts as late."""


@dataclass(frozen=True, slots=True)
class Card:
    """One way to serve a request, ready to be stored and confirmed."""

    vehicle_id: int
    driver_id: int
    joins: tuple[int, int] | None
    """The run it joins and that run's plan version."""
    serves: tuple[tuple[int, int], ...]
    """Requests put in force together, each with its version, by id."""
    plan: ProposedRun
    reasons: tuple[Reason, ...]
    expires_at: datetime

    def with_route(self, route: list[tuple[float, float]]) -> Card:
        return replace(self, plan=self.plan.model_copy(update={"route": route}))


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to say about one open request: cards, best first, or the obstacle."""

    request_id: int
    version: int
    cards: tuple[Card, ...]
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What cards are made from: the facts, the problem made of them, the legs, the tariff."""

    snapshot: Snapshot
    problem: Problem
    places: Places
    legs: Legs
    settings: PlanningSettings

    def moment(self, second: int) -> datetime:
        return self.problem.epoch + timedelta(seconds=second)


def card_of(desk: Desk, option: Option) -> Card:
    run = option.run
    joined = desk.snapshot.run(int(option.replaces)) if option.replaces else None
    serves = sorted(int(q) for q in option.serves)
    return Card(
        vehicle_id=int(run.vehicle_id),
        driver_id=int(run.driver_id),
        joins=(joined.id, joined.plan_version) if joined else None,
        serves=tuple((q, desk.snapshot.request(q).version) for q in serves),
        plan=_plan(desk, option),
        reasons=reasons_of(desk.snapshot, desk.problem, option),
        expires_at=_expiry(desk, option),
    )


def _plan(desk: Desk, option: Option) -> ProposedRun:
    run, snapshot = option.run, desk.snapshot
    before = desk.problem.run[option.replaces] if option.replaces else None
    vehicle = snapshot.vehicle(int(run.vehicle_id))
    start = desk.places.spots[desk.problem.vehicle[run.vehicle_id].position if run.started else run.origin]
    added_s = (run.end - run.start) - (before.end - before.start if before else 0)
    parts = cost_parts(desk.settings, vehicle.energy, option.distance_m, added_s)
    arrive_at = _arrival(option)
    return ProposedRun(
        starts_at=desk.moment(run.start),
        ends_at=desk.moment(run.end),
        start_lon=start.lon,
        start_lat=start.lat,
        stops=_stops(desk, run),
        pickup_at=desk.moment(option.arrive),
        pickup_early_s=option.pickup_slack_s,
        arrive_at=desk.moment(arrive_at),
        empty_m=option.empty_m,
        distance_m=option.distance_m,
        next_task_slack_s=option.next_task_slack_s,
        cost=round(sum(parts.values()), 2),
        cost_parts=parts,
        estimated=_is_estimated(desk, option),
    )


def _arrival(option: Option) -> int:
    """When the people of the request are at their destination (of the outward leg of a round trip)."""
    wanted = (StopKind.WAIT, StopKind.DROPOFF)
    return next(s.arrive for s in option.run.stops if s.request_id == option.request_id and s.kind in wanted)


def _is_estimated(desk: Desk, option: Option) -> bool:
    rows = [desk.problem.vehicle[option.run.vehicle_id].position, option.run.origin]
    rows += [s.location for s in option.run.stops] + [desk.problem.vehicle[option.run.vehicle_id].depot]
    return any(pair in desk.legs.estimated for pair in pairwise(rows))


def _expiry(desk: Desk, option: Option) -> datetime:
    """As long as planning trusts it, but not beyond the moment where leaving is too late."""
    now = desk.snapshot.taken_at
    last_call = desk.moment(option.run.start + max(0, option.pickup_slack_s))
    return min(now + desk.settings.proposal_life, max(last_call, now + timedelta(minutes=1)))


def _stops(desk: Desk, run: dispatch.Run) -> list[ProposedStop]:
    """Stops of ours: the stay of a round trip is a drop-off and a pick-up, the end a return to the bay."""
    snapshot = desk.snapshot
    aboard = sum(snapshot.request(int(o.request_id)).passengers for o in run.onboard)
    stops: list[ProposedStop] = []
    for stop in run.stops:
        request = snapshot.request(int(stop.request_id))
        arrive, depart = desk.moment(stop.arrive), desk.moment(stop.depart)
        if stop.kind is StopKind.PICKUP:
            aboard += request.passengers
            stops.append(_stop(request, "pickup", True, arrive, depart, request.pickup_until, aboard))
        elif stop.kind is StopKind.WAIT:
            out = desk.moment(min(stop.start + ALIGHT_S, stop.depart))
            stops.append(
                _stop(request, "dropoff", False, arrive, out, request.arrive_by, aboard - request.passengers)
            )
            stops.append(_stop(request, "pickup", False, out, depart, depart, aboard))
        else:
            aboard -= request.passengers
            latest = arrive + LAST_STOP_GRACE if request.round_trip else request.arrive_by
            stops.append(_stop(request, "dropoff", request.round_trip, arrive, depart, latest, aboard))
    return [*stops, _return(desk, run)]


def _stop(
    request: RequestFact,
    kind: str,
    at_origin: bool,
    arrival: datetime,
    departure: datetime,
    latest: datetime,
    aboard: int,
) -> ProposedStop:
    lon, lat = (
        (request.origin_lon, request.origin_lat)
        if at_origin
        else (request.destination_lon, request.destination_lat)
    )
    return ProposedStop.model_validate(
        {
            "kind": kind,
            "request_id": request.id,
            "request_number": request.number,
            "name": request.origin if at_origin else request.destination,
            "lon": lon,
            "lat": lat,
            "arrival": arrival,
            "departure": departure,
            "latest_arrival": latest,
            "on_board": aboard,
        }
    )


def _return(desk: Desk, run: dispatch.Run) -> ProposedStop:
    vehicle = desk.snapshot.vehicle(int(run.vehicle_id))
    end = desk.moment(run.end)
    return ProposedStop(
        kind="return",
        request_id=None,
        request_number=None,
        name=vehicle.bay,
        lon=vehicle.bay_lon,
        lat=vehicle.bay_lat,
        arrival=end,
        departure=end,
        latest_arrival=end + LAST_STOP_GRACE,
        on_board=0,
    )


def stops_for_route(card: Card) -> list[Spot]:
    """The way a card's car goes, without standing twice at one spot."""
    spots = [Spot.at(card.plan.start_lon, card.plan.start_lat)]
    for stop in card.plan.stops:
        spot = Spot.at(stop.lon, stop.lat)
        if spot != spots[-1]:
            spots.append(spot)
    return spots
