"""What a car can never do for a request, whatever the timetable; tested in a fixed order."""

from __future__ import annotations

from dispatch.book import Book
from dispatch.model import Driver, Request, Vehicle
from dispatch.problem import Problem
from dispatch.results import Blocked, Constraint


def screen(book: Book, request: Request, vehicle: Vehicle) -> Blocked | None:
    """The first standing constraint that keeps the car from the request, or None."""
    problem = book.problem
    status = _status(problem, request, vehicle)
    if status is not None:
        return status
    for constraint, met in (
        (Constraint.WHEELCHAIR, request.wheelchairs <= vehicle.wheelchairs),
        (Constraint.SEATS, request.persons <= vehicle.seats),
        (Constraint.LUGGAGE, request.luggage <= vehicle.luggage),
        (Constraint.CLASS, request.upgrade_steps(vehicle.vehicle_class) is not None),
    ):
        if not met:
            return Blocked(vehicle.id, constraint)
    return None if _has_driver(book, request, vehicle) else Blocked(vehicle.id, Constraint.NO_DRIVER)


def _status(problem: Problem, request: Request, vehicle: Vehicle) -> Blocked | None:
    wanted = request.pickup_window
    shortest = trip_s(problem, request)
    for block in vehicle.blocks:
        if block.window.earliest < wanted.earliest + shortest and block.window.latest > wanted.latest:
            return Blocked(vehicle.id, Constraint.STATUS, block.window.latest, str(block.reason))
    return None


def trip_s(problem: Problem, request: Request) -> int:
    """The shortest time from pick-up to the end of the trip, seconds."""
    seconds = problem.travel.seconds_rows
    there = request.board_s + seconds[request.pickup][request.dropoff] + request.alight_s
    if request.hold is None:
        return there
    back = seconds[request.dropoff][request.hold.return_to]
    return there + request.hold.wait_s + request.board_s + back + request.alight_s


def _has_driver(book: Book, request: Request, vehicle: Vehicle) -> bool:
    if any(not run.locked for run in book.vehicle_runs(vehicle.id)):
        return True
    problem, wanted = book.problem, request.pickup_window
    needed = wanted.earliest + trip_s(problem, request)
    return any(
        shift.earliest <= wanted.latest and shift.latest + problem.params.overtime_limit_s >= needed
        for driver in drivers_for(problem, vehicle)
        for shift in driver.shifts
    )


def drivers_for(problem: Problem, vehicle: Vehicle) -> list[Driver]:
    """Who may take this car: its depot, its class, not bound to another."""
    return problem.drivers_by_vehicle[vehicle.id]
