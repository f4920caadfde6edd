"""From a snapshot of the pool to a problem for dispatch. Pure: the same facts give the same problem."""

from __future__ import annotations

from datetime import UTC, datetime

from dispatch import (
    Block,
    BlockReason,
    ClassChoice,
    Driver,
    Energy,
    Hold,
    Params,
    Problem,
    Request,
    Run,
    Sharing,
    Travel,
    Vehicle,
    Window,
)
from fleet.planning.in_force import ALIGHT_S, BOARD_S, Sense, run_in_force
from fleet.planning.places import Places, depot_of, destination_of, origin_of
from fleet.planning.snapshot import DriverFact, RequestFact, Snapshot, VehicleFact
from fleet.planning.spots import Spot
from schemas.clock import SHANGHAI

BODIES = ("sedan", "suv", "mpv", "minibus", "coach")
"""From small to large: giving a larger one than needed is an upgrade."""
TYPICAL_SEATS = {"sedan": 4, "suv": 4, "mpv": 6, "minibus": 18, "coach": 60}
LICENCE_BODIES = {"C1": ("sedan", "suv", "mpv"), "B1": ("sedan", "suv", "mpv", "minibus"), "A1": BODIES}
"""What each licence class of the driver allows (passenger vehicles)."""
OUT_OF_USE = {
    "repair": BlockReason.REPAIR,
    "sealed": BlockReason.SEALED,
    "seal": BlockReason.SEALED,
    "lent": BlockReason.LENT,
    "loan": BlockReason.LENT,
    "disabled": BlockReason.DISABLED,
}
LONG_S = 30 * 24 * 3600
"""Beyond every horizon."""


def epoch_of(now: datetime) -> datetime:
    """Second zero: the midnight in Shanghai before `now`, in UTC."""
    return now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def problem_of(snapshot: Snapshot, places: Places, travel: Travel, params: Params) -> Problem:
    """Everything dispatch needs to know, in its own terms: ids as text, times as seconds, places as rows."""
    epoch = epoch_of(snapshot.taken_at)
    requests = {r.id: r for r in snapshot.requests}
    rows = {r.id: (places.row(origin_of(r)), places.row(destination_of(r))) for r in snapshot.requests}
    sense = Sense(epoch, round((snapshot.taken_at - epoch).total_seconds()), travel, rows)
    runs = _runs(sense, snapshot, places, requests)
    riding = {request_id for run in runs for request_id in run.request_ids}
    return Problem(
        epoch=epoch,
        now=sense.now,
        vehicles=tuple(_vehicle(sense, snapshot, places, v) for v in snapshot.vehicles),
        drivers=tuple(_driver(sense, places, d) for d in snapshot.drivers),
        requests=tuple(_request(sense, r) for r in snapshot.requests if r.is_open or str(r.id) in riding),
        travel=travel,
        runs=runs,
        params=params,
    )


def _runs(
    sense: Sense, snapshot: Snapshot, places: Places, requests: dict[int, RequestFact]
) -> tuple[Run, ...]:
    """A car's first run leaves from where it stands, each later one from its depot.

    Where one run is late, those that wait for its car or driver are late with it.
    """
    runs: list[Run] = []
    for run in sorted(snapshot.runs, key=lambda r: (r.status != "under_way", r.planned_start, r.id)):
        depot = places.row(depot_of(snapshot.vehicle(run.vehicle_id)))
        position = places.position[run.vehicle_id]
        before = [r for r in runs if str(run.vehicle_id) == r.vehicle_id]
        waited_for = [*before, *(r for r in runs if str(run.driver_id) == r.driver_id)]
        runs.append(
            run_in_force(
                sense,
                run,
                requests,
                origin=depot if before else position,
                position=position,
                depot=depot,
                not_before=max((r.end for r in waited_for), default=sense.now),
            )
        )
    return tuple(runs)


def _vehicle(sense: Sense, snapshot: Snapshot, places: Places, vehicle: VehicleFact) -> Vehicle:
    blocks = [
        Block(Window(sense.second(b.during.start), sense.second(b.during.end)), OUT_OF_USE[b.kind])
        for b in snapshot.blocks
        if b.vehicle_id == vehicle.id
    ]
    if vehicle.status in OUT_OF_USE:
        blocks.append(Block(Window(sense.now, sense.now + LONG_S), OUT_OF_USE[vehicle.status]))
    full = vehicle.range_km * 1000 if vehicle.energy == "electric" else None
    left = (
        None
        if full is None
        else int(full * (100 if vehicle.energy_pct is None else vehicle.energy_pct) / 100)
    )
    return Vehicle(
        id=str(vehicle.id),
        vehicle_class=vehicle.body,
        seats=vehicle.seats,
        depot=places.row(depot_of(vehicle)),
        position=places.position[vehicle.id],
        luggage=vehicle.luggage,
        wheelchairs=int(vehicle.wheelchair),
        energy=_energy(vehicle.energy),
        range_m=left,
        full_range_m=full,
        blocks=tuple(blocks),
    )


def _energy(energy: str) -> Energy:
    if energy == "electric":
        return Energy.ELECTRIC
    return Energy.HYBRID if energy == "hybrid" else Energy.FUEL


def _driver(sense: Sense, places: Places, driver: DriverFact) -> Driver:
    return Driver(
        id=str(driver.id),
        depot=places.row(Spot.at(driver.depot_lon, driver.depot_lat)),
        shifts=tuple(Window(sense.second(s.start), sense.second(s.end)) for s in driver.shifts),
        driven_s=max(0, driver.driven_s),
        may_drive=LICENCE_BODIES.get(driver.licence_class, BODIES),
    )


def _request(sense: Sense, request: RequestFact) -> Request:
    origin, destination = sense.rows[request.id]
    ready, until, by = (
        sense.second(at) for at in (request.pickup_from, request.pickup_until, request.arrive_by)
    )
    hold = Hold(request.waiting_s, origin) if request.round_trip else None
    return Request(
        id=str(request.id),
        organisation=str(request.organisation_id),
        pickup=origin,
        dropoff=destination,
        pickup_window=Window(ready, until),
        arrival_window=Window(ready, by),
        persons=request.passengers,
        luggage=request.luggage,
        wheelchairs=int(request.wheelchair),
        accepts=bodies_for(request),
        board_s=BOARD_S,
        alight_s=ALIGHT_S,
        hold=hold,
        sharing=Sharing(request.detour_cap_s) if request.share_consent and hold is None else None,
        priority=max(1, 1 + request.priority),
    )


def bodies_for(request: RequestFact) -> tuple[ClassChoice, ...]:
    """The body asked for or a larger one; without wish any, an upgrade where larger than people need."""
    if request.body_requested is not None:
        first = BODIES.index(request.body_requested)
        return tuple(ClassChoice(body, step) for step, body in enumerate(BODIES[first:]))
    enough = next(
        (i for i, b in enumerate(BODIES) if TYPICAL_SEATS[b] >= request.passengers), len(BODIES) - 1
    )
    return tuple(ClassChoice(body, max(0, i - enough)) for i, body in enumerate(BODIES))
