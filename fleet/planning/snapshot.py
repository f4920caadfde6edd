"""The pool as the database held it at one moment: everything a plan rests on, as plain facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

Energy = Literal["petrol", "diesel", "hybrid", "electric"]
StopKind = Literal["pickup", "dropoff", "return"]


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end), aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class VehicleFact:
    """A car of the pool. `lon`, `lat`, `fixed_at` are of its newest trustworthy fix, if there is one."""

    id: int
    plate: str
    body: str
    energy: Energy
    seats: int
    luggage: int
    wheelchair: bool
    range_km: int
    status: str
    depot_id: int
    bay: str
    bay_lon: float
    bay_lat: float
    depot_lon: float
    depot_lat: float
    lon: float | None
    lat: float | None
    fixed_at: datetime | None
    energy_pct: float | None


@dataclass(frozen=True, slots=True)
class BlockFact:
    """A car out of use for a while: repair, seal or loan."""

    vehicle_id: int
    kind: Literal["repair", "seal", "loan"]
    during: Span


@dataclass(frozen=True, slots=True)
class DriverFact:
    """A driver with the times on shift, leave and rest already taken out; `driven_s` today so far."""

    id: int
    name: str
    depot_id: int
    depot_lon: float
    depot_lat: float
    licence_class: str
    shifts: tuple[Span, ...]
    driven_s: int


@dataclass(frozen=True, slots=True)
class RequestFact:
    """A request, open or riding on a run. Names of persons are not needed to plan and not here."""

    id: int
    number: str
    version: int
    status: str
    organisation_id: int
    origin: str
    origin_lon: float
    origin_lat: float
    destination: str
    destination_lon: float
    destination_lat: float
    round_trip: bool
    waiting_s: int
    passengers: int
    luggage: int
    wheelchair: bool
    body_requested: str | None
    pickup_from: datetime
    pickup_until: datetime
    arrive_by: datetime
    share_consent: bool
    detour_cap_s: int
    priority: int

    @property
    def is_open(self) -> bool:
        return self.status == "pending_dispatch"


@dataclass(frozen=True, slots=True)
class StopFact:
    id: int
    kind: StopKind
    request_id: int | None
    planned_arrival: datetime
    planned_departure: datetime
    arrived_at: datetime | None
    departed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunFact:
    """A run that is not over, its stops in order. Car and driver are reserved until `reserved_until`."""

    id: int
    number: str
    plan_version: int
    vehicle_id: int
    driver_id: int
    status: Literal["dispatched", "accepted", "under_way"]
    planned_start: datetime
    planned_end: datetime
    reserved_until: datetime
    started_at: datetime | None
    locked: bool
    stops: tuple[StopFact, ...]

    @property
    def request_ids(self) -> frozenset[int]:
        return frozenset(s.request_id for s in self.stops if s.request_id is not None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one pool and its requests looked like. `seen` is the PostgreSQL snapshot it was read in."""

    taken_at: datetime
    seen: str
    supplier_id: int
    vehicles: tuple[VehicleFact, ...]
    blocks: tuple[BlockFact, ...]
    drivers: tuple[DriverFact, ...]
    requests: tuple[RequestFact, ...]
    runs: tuple[RunFact, ...]

    def vehicle(self, vehicle_id: int) -> VehicleFact:
        return next(v for v in self.vehicles if v.id == vehicle_id)

    def driver(self, driver_id: int) -> DriverFact:
        return next(d for d in self.drivers if d.id == driver_id)

    def request(self, request_id: int) -> RequestFact:
        return next(r for r in self.requests if r.id == request_id)

    def run(self, run_id: int) -> RunFact:
        return next(r for r in self.runs if r.id == run_id)

    @property
    def open_requests(self) -> tuple[RequestFact, ...]:
        return tuple(r for r in self.requests if r.is_open)

    def only(self, request_id: int, vehicle_id: int, driver_id: int) -> Self:
        """The part that decides whether this car and driver can serve this request."""
        runs = tuple(r for r in self.runs if r.vehicle_id == vehicle_id or r.driver_id == driver_id)
        riding = {request_id}.union(*(r.request_ids for r in runs))
        vehicles = {vehicle_id, *(r.vehicle_id for r in runs)}
        drivers = {driver_id, *(r.driver_id for r in runs)}
        return replace(
            self,
            vehicles=tuple(v for v in self.vehicles if v.id in vehicles),
            blocks=tuple(b for b in self.blocks if b.vehicle_id in vehicles),
            drivers=tuple(d for d in self.drivers if d.id in drivers),
            requests=tuple(r for r in self.requests if r.id in riding),
            runs=runs,
        )
