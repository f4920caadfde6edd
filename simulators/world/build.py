"""The whole demo organisation as one import."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from shapely import Geometry, Point, Polygon, box
from shapely.affinity import scale
from shapely.geometry import mapping

from schemas.api.identity import Role
from schemas.api.registry import (
    BayRow,
    DepotRow,
    GeofenceRow,
    PlaceRow,
    RegistryImport,
    TerminalRow,
    VehicleRow,
)
from schemas.clock import SHANGHAI
from simulators.city import City, Depot
from simulators.world.departments import CITY_CODE, POOL_CODE, organisation_rows
from simulators.world.duty import driver_rows, shift_rows
from simulators.world.fleet import CAME_WITH_JT808, PLATE_PREFIX, vehicle_rows
from simulators.world.people import account_rows, demo_passwords

FIRST_DAY = date(2026, 3, 11)
DAYS = 14
BOUND_FROM = datetime(2026, 1, 1, tzinfo=SHANGHAI).astimezone(UTC)
SPARE_TERMINALS = 2
JT808_TERMINALS = 3
PHONE_PREFIX = "1064800"
"""Of the SIM cards in those terminals: their code is their phone number."""
SENSITIVE_RADIUS_M = 100.0
DEPOT_MARGIN_M = 15.0
METRES_PER_DEGREE = 111_000.0


def build_world(
    city: City,
    seed: int = 7,
    *,
    first_day: date = FIRST_DAY,
    days: int = DAYS,
    passwords: Mapping[Role, str] | None = None,
    jt808: int = JT808_TERMINALS,
) -> RegistryImport:
    """Organisations, people, cars, shifts of `days` days, terminals, places and fences of the city.

    The same arguments give the same import. Without `passwords` those of `demo_passwords(seed)` are set.
    `jt808` cars report over JT/T 808 instead of MQTT.
    """
    random = Random(f"world/{seed}")
    depots = [_depot(depot) for depot in city.depots]
    vehicles = vehicle_rows(depots, random)
    accounts = account_rows(passwords or demo_passwords(seed))
    drivers = [account.login for account in accounts if account.roles == ["driver"]]
    return RegistryImport(
        organisations=organisation_rows(),
        accounts=accounts,
        depots=depots,
        vehicles=vehicles,
        drivers=driver_rows(drivers, vehicles),
        shifts=shift_rows(drivers, vehicles, first_day, days),
        terminals=_terminals(vehicles, jt808),
        places=_places(city),
        geofences=_geofences(city),
    )


def _depot(depot: Depot) -> DepotRow:
    return DepotRow(
        code=depot.code,
        organisation=POOL_CODE,
        name=depot.name,
        name_en=depot.name_en,
        lon=depot.lon,
        lat=depot.lat,
        bays=[BayRow(code=bay.code, lon=bay.lon, lat=bay.lat) for bay in depot.bays],
    )


def _terminals(vehicles: list[VehicleRow], jt808: int) -> list[TerminalRow]:
    """A terminal in every car, and a few on the shelf."""
    older = {f"{PLATE_PREFIX}{number}" for number in CAME_WITH_JT808[:jt808]}
    fitted = [
        TerminalRow(
            code=f"{PHONE_PREFIX}{number:06}" if vehicle.plate in older else f"T{number:04}",
            protocol="jt808" if vehicle.plate in older else "mqtt",
            plate=vehicle.plate,
            bound_from=BOUND_FROM,
        )
        for number, vehicle in enumerate(vehicles, start=1)
    ]
    shelf = range(len(fitted) + 1, len(fitted) + 1 + SPARE_TERMINALS)
    return fitted + [TerminalRow(code=f"T{number:04}") for number in shelf]


def _places(city: City) -> list[PlaceRow]:
    return [
        PlaceRow(
            code=f"P{number:03}",
            name=place.name,
            name_en=place.name_en,
            kind=place.kind.value,
            lon=place.lon,
            lat=place.lat,
        )
        for number, place in enumerate(city.places, start=1)
    ]


def _geofences(city: City) -> list[GeofenceRow]:
    town = GeofenceRow(
        organisation=CITY_CODE, name="清岚市域", kind="service_area", boundary=_geojson(box(*city.bounds))
    )
    yards = [
        GeofenceRow(
            organisation=POOL_CODE,
            name=depot.name,
            kind="depot",
            boundary=_geojson(_around(Polygon(depot.outline), DEPOT_MARGIN_M)),
        )
        for depot in city.depots
    ]
    sensitive = [
        GeofenceRow(
            organisation=CITY_CODE,
            name=place.name,
            kind="sensitive",
            boundary=_geojson(_around(Point(place.lon, place.lat), SENSITIVE_RADIUS_M)),
        )
        for place in city.sensitive
    ]
    return [town, *yards, *sensitive]


def _around(shape: Geometry, metres: float) -> Geometry:
    """The shape widened on the ground; a degree of longitude is shorter than one of latitude."""
    origin = shape.centroid
    squeeze = math.cos(math.radians(origin.y))
    level = scale(shape, xfact=squeeze, yfact=1, origin=origin)
    wide = level.buffer(metres / METRES_PER_DEGREE, quad_segs=4)
    return scale(wide, xfact=1 / squeeze, yfact=1, origin=origin)


def _geojson(shape: Geometry) -> dict[str, Any]:
    """A GeoJSON geometry with plain lists, as JSON gives it back."""
    geometry = mapping(shape)
    rings = [[[round(lon, 7), round(lat, 7)] for lon, lat in ring] for ring in geometry["coordinates"]]
    return {"type": geometry["type"], "coordinates": rings}
