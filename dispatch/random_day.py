"""A day of a made-up town, the same for the same seed: for benchmarks and for tests of every rule."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from dispatch.answer import options
from dispatch.model import (
    Block,
    BlockReason,
    ClassChoice,
    Driver,
    Energy,
    Hold,
    Request,
    Sharing,
    Vehicle,
    Window,
)
from dispatch.problem import Problem
from dispatch.travel import Travel

EPOCH = datetime(2026, 3, 10, 16, tzinfo=UTC)
"""Midnight of 11 March in Shanghai."""
PLACES = 24
DEPOTS = ((4.0, 4.0), (8.0, 5.0))
CLASSES = (("sedan", 4), ("sedan", 4), ("mpv", 6), ("minibus", 18))
SHIFTS = ((7.5, 17.5), (8, 18), (10, 20))
"""Hours of the day."""
S_PER_KM = 100
"""36 km/h, in straight lines."""


def random_day(seed: int, cars: int, requests: int, dispatched: int = 0, now_s: int = 8 * 3600) -> Problem:
    """As many drivers as cars; the first `dispatched` requests are in force, where an option was found.

    `now_s` is the second of the day the problem is seen at; trips are wanted from 08:20 to 16:00.
    """
    dice = random.Random(seed)
    places = [(dice.uniform(0, 12), dice.uniform(0, 9)) for _ in range(PLACES)]
    places[: len(DEPOTS)] = DEPOTS
    problem = Problem(
        epoch=EPOCH,
        now=now_s,
        vehicles=tuple(_car(dice, k) for k in range(cars)),
        drivers=tuple(_driver(dice, k) for k in range(cars)),
        requests=tuple(_request(dice, k, places) for k in range(requests)),
        travel=straight_lines(places),
    )
    for request in problem.requests[:dispatched]:
        problem = _with_cheapest(problem, request)
    return problem


def straight_lines(places_km: list[tuple[float, float]]) -> Travel:
    """Travel over a plane, as the crow flies at 36 km/h."""
    xy = np.array(places_km)
    km = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    return Travel(np.ceil(km * S_PER_KM).astype(np.int64), np.ceil(km * 1000).astype(np.int64))


def _with_cheapest(problem: Problem, request: Request) -> Problem:
    """The problem after the clerk confirmed the first option, where there is one."""
    for option in options(problem, request.id, limit=1):
        run = replace(option.run, id=option.run.id or f"R-{request.id}")
        kept = tuple(r for r in problem.runs if r.id != option.replaces)
        return replace(problem, runs=(*kept, run))
    return problem


def _car(dice: random.Random, k: int) -> Vehicle:
    vehicle_class, seats = dice.choice(CLASSES)
    electric = dice.random() < 0.4
    blocked = dice.random() < 0.15
    return Vehicle(
        id=f"C{k:02}",
        vehicle_class=vehicle_class,
        seats=seats,
        depot=k % 2,
        position=dice.choice([k % 2, k % 2, dice.randrange(PLACES)]),
        luggage=seats,
        wheelchairs=int(dice.random() < 0.25),
        energy=Energy.ELECTRIC if electric else Energy.FUEL,
        range_m=dice.randrange(40_000, 300_000) if electric else None,
        full_range_m=350_000 if electric else None,
        blocks=(Block(_hours(9, 13), dice.choice(list(BlockReason))),) if blocked else (),
    )


def _driver(dice: random.Random, k: int) -> Driver:
    shift = _hours(*dice.choice(SHIFTS))
    return Driver(id=f"D{k:02}", depot=k % 2, shifts=(shift,), driven_s=dice.randrange(0, 7200))


def _request(dice: random.Random, k: int, places: list[tuple[float, float]]) -> Request:
    pickup, dropoff = dice.sample(range(len(DEPOTS), len(places)), 2)
    wanted = dice.randrange(8 * 3600 + 1200, 16 * 3600, 300)
    direct = math.ceil(math.dist(places[pickup], places[dropoff]) * S_PER_KM)
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


def _hours(first: float, last: float) -> Window:
    return Window(int(first * 3600), int(last * 3600))
