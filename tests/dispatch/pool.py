"""A small pool on a grid of streets, for tests: places, cars and requests made in one line each."""

from __future__ import annotations

import numpy as np

from dispatch import (
    Driver,
    Params,
    Problem,
    Request,
    Run,
    Travel,
    Vehicle,
    Window,
    options,
)
from dispatch.random_day import EPOCH, random_day


def at(clock: str) -> int:
    """Seconds since midnight of "10:10"."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def between(first: str, last: str) -> Window:
    return Window(at(first), at(last))


def line(count: int, metres: int = 1000, seconds: int = 120) -> Travel:
    """Places in a row, one apart from the next by the same distance and time."""
    steps = np.abs(np.arange(count)[:, None] - np.arange(count)[None, :]).astype(np.int64)
    return Travel(steps * seconds, steps * metres)


def car(name: str, position: int = 0, **more: object) -> Vehicle:
    given: dict[str, object] = {
        "vehicle_class": "sedan",
        "seats": 4,
        "depot": 0,
        "position": position,
        **more,
    }
    return Vehicle(id=name, **given)  # type: ignore[arg-type]


def driver(name: str, **more: object) -> Driver:
    given: dict[str, object] = {"depot": 0, "shifts": (between("08:00", "18:00"),), **more}
    return Driver(id=name, **given)  # type: ignore[arg-type]


def ask(name: str, pickup: int, dropoff: int, wanted: str, latest: str, **more: object) -> Request:
    """A request wanted at a time, to arrive by another; the pick-up may slip by up to 20 minutes."""
    window = Window(at(wanted), at(wanted) + 1200)
    given: dict[str, object] = {"organisation": "科技局", "persons": 1, **more}
    given.setdefault("pickup_window", window)
    return Request(
        id=name,
        pickup=pickup,
        dropoff=dropoff,
        arrival_window=Window(at(wanted), at(latest)),
        **given,  # type: ignore[arg-type]
    )


def pool(
    *requests: Request,
    cars: tuple[Vehicle, ...] = (car("C1"),),
    drivers: tuple[Driver, ...] = (driver("D1"),),
    runs: tuple[Run, ...] = (),
    travel: Travel | None = None,
    now: str = "08:00",
    params: Params | None = None,
) -> Problem:
    return Problem(
        epoch=EPOCH,
        now=at(now),
        vehicles=cars,
        drivers=drivers,
        requests=requests,
        travel=travel or line(12),
        runs=runs,
        params=params or Params(),
    )


def confirm(problem: Problem, request_id: str, choice: int = 0, name: str = "") -> Problem:
    """The problem after the clerk confirmed an option for the request."""
    from dataclasses import replace

    option = options(problem, request_id)[choice]
    run = replace(option.run, id=option.run.id or name or f"R-{request_id}")
    kept = tuple(r for r in problem.runs if r.id != option.replaces)
    return replace(problem, runs=(*kept, run))


def random_pool(seed: int, cars: int = 6, requests: int = 8, dispatched: int = 0) -> Problem:
    """A day of a made-up town seen at eight; the first `dispatched` requests are in force."""
    return random_day(seed, cars, requests, dispatched)
