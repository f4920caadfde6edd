"""The demo organisation as an import."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import get_args

from schemas.api.identity import Role
from schemas.api.registry import RegistryImport
from schemas.clock import SHANGHAI
from simulators.city import City
from simulators.world import JT808_TERMINALS, PHONE_PREFIX, build_world, demo_passwords
from simulators.world.fleet import CAME_WITH_JT808


def test_the_same_arguments_give_the_same_import(town: City, world: RegistryImport) -> None:
    assert build_world(town, seed=7) == world


def test_an_import_survives_json(world: RegistryImport) -> None:
    again = RegistryImport.model_validate_json(
        world.model_dump_json().replace("**********", "replaced-by-json")
    )
    assert again.vehicles == world.vehicles
    assert again.geofences == world.geofences


def test_the_pool_is_the_size_of_a_county_s(world: RegistryImport) -> None:
    assert len(world.vehicles) == 44
    assert len(world.drivers) == 46
    assert len(world.organisations) >= 14
    bodies = Counter(vehicle.body for vehicle in world.vehicles)
    assert bodies.keys() == {"sedan", "suv", "mpv", "minibus", "coach"}
    assert Counter(vehicle.status for vehicle in world.vehicles) == {
        "in_service": 42,
        "repair": 1,
        "sealed": 1,
    }
    assert sum(vehicle.wheelchair for vehicle in world.vehicles) == 1


def test_only_electric_cars_carry_a_d_plate(world: RegistryImport) -> None:
    marked = {vehicle.plate for vehicle in world.vehicles if vehicle.plate.startswith("示A·D")}
    electric = {vehicle.plate for vehicle in world.vehicles if vehicle.energy == "electric"}
    assert marked == electric
    assert len(electric) >= 8


def test_every_reference_points_to_something(world: RegistryImport) -> None:
    organisations = {row.code for row in world.organisations}
    accounts = {row.login: row for row in world.accounts}
    bays = {(depot.code, bay.code) for depot in world.depots for bay in depot.bays}
    plates = {row.plate for row in world.vehicles}
    assert {row.parent for row in world.organisations} <= organisations | {None}
    assert {row.organisation for row in world.accounts} <= organisations
    assert {row.organisation for row in world.geofences} <= organisations
    assert {(row.depot, row.bay) for row in world.vehicles} <= bays
    assert all(accounts[row.login].roles == ["driver"] for row in world.drivers)
    assert {row.driver for row in world.shifts} <= {row.login for row in world.drivers}
    assert {row.plate for row in world.shifts} <= plates
    assert {row.plate for row in world.terminals} == plates | {None}


def test_a_few_cars_report_over_jt808_under_a_phone_number(town: City, world: RegistryImport) -> None:
    over_tcp = [row for row in world.terminals if row.protocol == "jt808"]
    assert len(over_tcp) == JT808_TERMINALS
    assert all(row.code.isdecimal() and row.code.startswith(PHONE_PREFIX) for row in over_tcp)
    assert {row.protocol for row in build_world(town, jt808=0).terminals} == {"mqtt"}


def test_no_electric_car_reports_over_jt808(town: City, world: RegistryImport) -> None:
    """The planner goes by what the terminal tells of the battery, and the standard does not tell it."""
    most = build_world(town, jt808=len(CAME_WITH_JT808))
    vehicles = {row.plate: row for row in world.vehicles}
    cars = [vehicles[row.plate] for row in most.terminals if row.protocol == "jt808" and row.plate]
    assert len(cars) == len(CAME_WITH_JT808)
    assert all(car.energy != "electric" and car.status == "in_service" for car in cars)


def test_nothing_is_named_twice(world: RegistryImport) -> None:
    for names in (
        [row.code for row in world.organisations],
        [row.login for row in world.accounts],
        [row.plate for row in world.vehicles],
        [row.code for row in world.terminals],
        [row.code for row in world.places],
        [(row.depot, row.bay) for row in world.vehicles],
    ):
        assert len(set(names)) == len(names)


def test_every_role_has_somebody(world: RegistryImport) -> None:
    assert {role for row in world.accounts for role in row.roles} == set(get_args(Role))
    logins = {row.login for row in world.accounts}
    assert {"admin", "clerk02", "clerk03", "auditor01", "driver01", "driver46"} <= logins
    assert {"requester.zfb", "approver.zfb"} <= logins


def test_the_requester_of_a_department_is_never_its_approver(world: RegistryImport) -> None:
    assert all(len(row.roles) == 1 for row in world.accounts)


def test_passwords_follow_the_seed_and_may_be_given(town: City) -> None:
    assert demo_passwords(7) == demo_passwords(7) != demo_passwords(8)
    assert len(set(demo_passwords(7).values())) == len(get_args(Role))
    given = dict.fromkeys(get_args(Role), "from-outside")
    world = build_world(town, passwords=given, days=1)
    assert {row.password.get_secret_value() for row in world.accounts} == {"from-outside"}


def test_nobody_works_two_shifts_at_once_and_only_cars_in_service_are_driven(world: RegistryImport) -> None:
    """DESIGN 4.2, of the data that goes in."""
    usable = {row.plate for row in world.vehicles if row.status == "in_service"}
    assert {row.plate for row in world.shifts} <= usable
    ordered = sorted(world.shifts, key=lambda row: (row.driver, row.starts_at))
    same = [(a, b) for a, b in pairwise(ordered) if a.driver == b.driver]
    assert all(a.ends_at <= b.starts_at for a, b in same)


def test_a_working_day_has_three_kinds_of_shift_and_a_rest_day_a_stand_by_crew(world: RegistryImport) -> None:
    shifts = [(row.starts_at.astimezone(SHANGHAI), row.ends_at.astimezone(SHANGHAI)) for row in world.shifts]
    workday = Counter(
        (a.strftime("%H:%M"), b.strftime("%H:%M")) for a, b in shifts if a.date() == date(2026, 3, 11)
    )
    saturday = [a for a, _ in shifts if a.date() == date(2026, 3, 14)]
    assert workday == {("07:30", "17:30"): 32, ("06:30", "14:30"): 6, ("13:00", "22:00"): 8}
    assert len(saturday) == 5
