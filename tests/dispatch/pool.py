"""A small pool on a grid of streets, for tests: places, cars and requests made in one line each."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import numpy as np

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
    options,
)

EPOCH = datetime(2026, 3, 10, 16, tzinfo=UTC)
"""Midnight of 11 March in Shanghai."""


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


def plane(points: list[tuple[float, float]]) -> Travel:
    """Places in kilometres on a plane, straight lines at 36 km/h."""
    xy = np.array(points)
    km = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    return Travel(np.ceil(km * 100).astype(np.int64), np.ceil(km * 1000).astype(np.int64))


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


def random_pool(
    seed: int, cars: int = 6, requests: int = 8, dispatched: int = 0, now: str = "08:00"
) -> Problem:
    """A day of a made-up town; the first `dispatched` requests are confirmed one after another."""
    dice = random.Random(seed)
    places = [(dice.uniform(0, 12), dice.uniform(0, 9)) for _ in range(24)]
    places[:2] = [(4.0, 4.0), (8.0, 5.0)]
    problem = Problem(
        epoch=EPOCH,
        now=at(now),
        vehicles=tuple(_some_car(dice, k) for k in range(cars)),
        drivers=tuple(_some_driver(dice, k) for k in range(cars)),
        requests=tuple(_some_request(dice, k, places) for k in range(requests)),
        travel=plane(places),
    )
    for request in problem.requests[:dispatched]:
        if options(problem, request.id, limit=1):
            problem = confirm(problem, request.id)
    return problem


def _some_car(dice: random.Random, k: int) -> Vehicle:
    vehicle_class, seats = dice.choice([("sedan", 4), ("sedan", 4), ("mpv", 6), ("minibus", 18)])
    electric = dice.random() < 0.4
    blocked = dice.random() < 0.15
    return car(
        f"C{k:02}",
        position=dice.choice([k % 2, k % 2, dice.randrange(24)]),
        depot=k % 2,
        vehicle_class=vehicle_class,
        seats=seats,
        luggage=seats,
        wheelchairs=int(dice.random() < 0.25),
        energy=Energy.ELECTRIC if electric else Energy.FUEL,
        range_m=dice.randrange(40_000, 300_000) if electric else None,
        full_range_m=350_000 if electric else None,
        blocks=(Block(between("09:00", "13:00"), dice.choice(list(BlockReason))),) if blocked else (),
    )


def _some_driver(dice: random.Random, k: int) -> Driver:
    shift = dice.choice([between("07:30", "17:30"), between("08:00", "18:00"), between("10:00", "20:00")])
    return driver(f"D{k:02}", depot=k % 2, shifts=(shift,), driven_s=dice.randrange(0, 7200))


def _some_request(dice: random.Random, k: int, places: list[tuple[float, float]]) -> Request:
    pickup, dropoff = dice.sample(range(2, len(places)), 2)
    wanted = dice.randrange(at("08:20"), at("16:00"), 300)
    direct = math.ceil(math.dist(places[pickup], places[dropoff]) * 100)
    hold = Hold(dice.randrange(900, 5400), pickup) if dice.random() < 0.2 else None
    shared = hold is None and dice.random() < 0.6
    latest = wanted + dice.choice([300, 900, 1800])
    return Request(
        id=f"Q{k:03}",
        organisation=dice.choice(["科技局", "财政局", "教育局"]),
        pickup=pickup,
        dropoff=dropoff,
        pickup_window=Window(wanted, latest),
        arrival_window=Window(wanted, latest + direct + dice.choice([300, 900, 2400])),
        persons=dice.choice([1, 1, 2, 2, 3, 5]),
        luggage=dice.choice([0, 0, 1, 3]),
        wheelchairs=int(dice.random() < 0.05),
        accepts=dice.choice([(), (ClassChoice("sedan"), ClassChoice("mpv", 1), ClassChoice("minibus", 2))]),
        hold=hold,
        sharing=Sharing(dice.choice([300, 600, 900]), dice.random() < 0.3) if shared else None,
        priority=dice.choice([1, 1, 1, 2]),
    )
