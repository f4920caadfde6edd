"""The cars of the pool. Plates of electric cars begin with D."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from schemas.api.registry import DepotRow, Energy, VehicleClass, VehicleRow
from schemas.api.requests import Body
from simulators.world.departments import POOL_CODE

PLATE_PREFIX = "示A·"


@dataclass(frozen=True, slots=True)
class Make:
    """A model as it is bought.

    `seats` are for passengers (the driver's not counted), `luggage` in pieces, `range_km` on a full tank
    or battery.
    """

    model: str
    vehicle_class: VehicleClass
    body: Body
    energy: Energy
    seats: int
    luggage: int
    range_km: int
    wheelchair: bool = False


SEDAN = Make("中型轿车 1.8T", "general", "sedan", "petrol", 4, 3, 620)
DUTY_SEDAN = Make("中型轿车 1.8T 应急", "emergency", "sedan", "petrol", 4, 3, 620)
EV_SEDAN = Make("纯电轿车 60kWh", "general", "sedan", "electric", 4, 3, 380)
HYBRID_SEDAN = Make("插电混动轿车", "general", "sedan", "hybrid", 4, 3, 900)
CONFIDENTIAL = Make("纯电轿车 机要通信", "confidential", "sedan", "electric", 4, 2, 380)
SUV = Make("城市越野车 2.0T", "general", "suv", "petrol", 4, 4, 600)
ENFORCEMENT_SUV = Make("城市越野车 执法", "enforcement", "suv", "petrol", 4, 4, 600)
ENFORCEMENT_SEDAN = Make("轿车 1.6L 执法", "enforcement", "sedan", "petrol", 4, 3, 600)
MPV = Make("7座商务车 2.0T", "general", "mpv", "petrol", 6, 6, 580)
EV_MPV = Make("7座纯电商务车", "general", "mpv", "electric", 6, 6, 360)
WHEELCHAIR_VAN = Make("福祉商务车", "general", "mpv", "petrol", 4, 3, 580, wheelchair=True)
MINIBUS = Make("19座中巴", "general", "minibus", "diesel", 18, 15, 560)
COACH = Make("45座大巴", "general", "coach", "diesel", 44, 40, 650)

# Number on the plate, make; the first 26 stand in the administration's depot, the rest in the east.
CARS: tuple[tuple[str, Make], ...] = (
    ("D10273", EV_SEDAN),
    ("10115", SEDAN),
    ("10088", MPV),
    ("10161", SEDAN),
    ("D10246", EV_SEDAN),
    ("10032", MPV),
    ("D10290", EV_SEDAN),
    ("10207", MINIBUS),
    ("10099", SEDAN),
    ("10154", SUV),
    ("D10311", EV_SEDAN),
    ("10138", MPV),
    ("D10332", EV_SEDAN),
    ("10176", SEDAN),
    ("10042", DUTY_SEDAN),
    ("10077", DUTY_SEDAN),
    ("10103", SEDAN),
    ("10118", HYBRID_SEDAN),
    ("D10255", EV_MPV),
    ("10166", SEDAN),
    ("10191", SUV),
    ("10210", HYBRID_SEDAN),
    ("D10201", CONFIDENTIAL),
    ("10219", WHEELCHAIR_VAN),
    ("10231", COACH),
    ("10120", SEDAN),
    ("D10347", EV_SEDAN),
    ("D10358", EV_SEDAN),
    ("D10361", EV_SEDAN),
    ("D10374", EV_MPV),
    ("10125", SEDAN),
    ("10129", SEDAN),
    ("10133", SEDAN),
    ("10142", SUV),
    ("10147", HYBRID_SEDAN),
    ("10159", HYBRID_SEDAN),
    ("10182", MPV),
    ("10188", MINIBUS),
    ("10195", MINIBUS),
    ("10236", COACH),
    ("10302", ENFORCEMENT_SUV),
    ("10306", ENFORCEMENT_SUV),
    ("10309", ENFORCEMENT_SEDAN),
    ("10171", SUV),
)
IN_FIRST_DEPOT = 26
IN_REPAIR = "10120"
SEALED = "10171"
CAME_WITH_JT808 = ("10138", "10207", "10309", "10182", "10125", "10129", "10306", "10133")
"""Cars that are out often, none of them electric: the standard does not tell the battery in per cent."""


def vehicle_rows(depots: list[DepotRow], random: Random) -> list[VehicleRow]:
    """Every car in a bay of its own."""
    bays = _home_bays(depots)
    return [_row(number, make, *next(bays), random) for number, make in CARS]


def _home_bays(depots: list[DepotRow]) -> Iterator[tuple[str, str]]:
    first, second = depots[0], depots[1]
    for bay in first.bays[:IN_FIRST_DEPOT]:
        yield first.code, bay.code
    for bay in second.bays:
        yield second.code, bay.code


def _row(number: str, make: Make, depot: str, bay: str, random: Random) -> VehicleRow:
    return VehicleRow(
        plate=f"{PLATE_PREFIX}{number}",
        organisation=POOL_CODE,
        vehicle_class=make.vehicle_class,
        body=make.body,
        energy=make.energy,
        model=make.model,
        seats=make.seats,
        luggage=make.luggage,
        wheelchair=make.wheelchair,
        range_km=make.range_km,
        depot=depot,
        bay=bay,
        status={IN_REPAIR: "repair", SEALED: "sealed"}.get(number, "in_service"),  # type: ignore[arg-type]
        registered_on=date(random.randint(2018, 2025), random.randint(1, 12), random.randint(1, 28)),
    )
