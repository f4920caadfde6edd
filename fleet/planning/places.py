"""The locations of a problem: every spot a plan may touch, numbered, and the pairs that may be driven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fleet.planning.snapshot import RequestFact, RunFact, Snapshot, VehicleFact
from fleet.planning.spots import Spot, straight_m

AT_HOME_M = 250
"""A car this near to its bay or depot stands at the depot."""
TRUSTED_FIX = timedelta(hours=24)
"""An older fix says nothing about where the car is; it is taken to be in its bay."""


@dataclass(frozen=True, slots=True)
class Places:
    """`spots` are the rows of the travel matrix. Cars' own positions come last: only left, never reached."""

    spots: tuple[Spot, ...]
    names: tuple[str, ...]
    position: dict[int, int]
    """Row by vehicle id."""
    reachable: int
    """Rows below this are depots and stops."""

    def row(self, spot: Spot) -> int:
        return self.spots.index(spot)

    def wanted(self) -> set[tuple[Spot, Spot]]:
        """Pairs a plan may drive."""
        return {(a, b) for a in self.spots for b in self.spots[: self.reachable] if a != b}


def places_of(snapshot: Snapshot) -> Places:
    """Number the spots of a snapshot."""
    named: dict[Spot, str] = {}
    for vehicle in snapshot.vehicles:
        named.setdefault(depot_of(vehicle), f"depot {vehicle.depot_id}")
    for driver in snapshot.drivers:
        named.setdefault(Spot.at(driver.depot_lon, driver.depot_lat), f"depot {driver.depot_id}")
    for request in snapshot.requests:
        named.setdefault(origin_of(request), request.origin)
        named.setdefault(destination_of(request), request.destination)
    reachable = len(named)
    where = {v.id: position_of(snapshot, v) for v in snapshot.vehicles}
    for vehicle in snapshot.vehicles:
        named.setdefault(where[vehicle.id], vehicle.plate)
    spots = tuple(named)
    rows = {spot: row for row, spot in enumerate(spots)}
    return Places(spots, tuple(named.values()), {v: rows[s] for v, s in where.items()}, reachable)


def depot_of(vehicle: VehicleFact) -> Spot:
    return Spot.at(vehicle.depot_lon, vehicle.depot_lat)


def origin_of(request: RequestFact) -> Spot:
    return Spot.at(request.origin_lon, request.origin_lat)


def destination_of(request: RequestFact) -> Spot:
    return Spot.at(request.destination_lon, request.destination_lat)


def position_of(snapshot: Snapshot, vehicle: VehicleFact) -> Spot:
    """Where the car is: its newest fix, else the stop it stands at, else its depot."""
    run = next((r for r in snapshot.runs if r.vehicle_id == vehicle.id and r.status == "under_way"), None)
    known = vehicle.fixed_at is not None and snapshot.taken_at - vehicle.fixed_at <= TRUSTED_FIX
    if not known or vehicle.lon is None or vehicle.lat is None:
        return _last_stop(snapshot, run) or depot_of(vehicle)
    here = Spot.at(vehicle.lon, vehicle.lat)
    bay = Spot.at(vehicle.bay_lon, vehicle.bay_lat)
    at_home = min(straight_m(here, bay), straight_m(here, depot_of(vehicle))) <= AT_HOME_M
    return depot_of(vehicle) if at_home else here


def _last_stop(snapshot: Snapshot, run: RunFact | None) -> Spot | None:
    made = [s for s in run.stops if s.arrived_at is not None] if run else []
    if not made or made[-1].request_id is None:
        return None
    return stop_spot(snapshot, run, len(made) - 1) if run else None


def stop_spot(snapshot: Snapshot, run: RunFact, index: int) -> Spot:
    """Where a stop of a request is: the way back of a round trip leads from the destination home."""
    stop = run.stops[index]
    request = next(r for r in snapshot.requests if r.id == stop.request_id)
    earlier = sum(s.request_id == stop.request_id and s.kind == stop.kind for s in run.stops[:index])
    at_origin = (stop.kind == "pickup") == (earlier == 0)
    return origin_of(request) if at_origin else destination_of(request)
