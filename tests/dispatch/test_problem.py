"""A problem that contradicts itself is refused, with where, what and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from dispatch import (
    Hold,
    InvalidProblemError,
    Onboard,
    Params,
    Problem,
    Sharing,
    Travel,
    UnknownRequestError,
    Weights,
)
from dispatch.wire import decode_problem, encode
from tests.dispatch.pool import ask, at, car, confirm, driver, pool, random_pool


def town() -> Problem:
    return confirm(pool(ask("Q1", 2, 5, "10:00", "11:00"), ask("Q2", 3, 5, "10:00", "11:00")), "Q1")


CONTRADICTIONS: dict[str, Callable[[Problem], object]] = {
    "epoch: it has no time zone": lambda p: replace(p, epoch=datetime(2026, 1, 1)),
    "vehicles: the id C1 stands twice": lambda p: replace(p, vehicles=(car("C1"), car("C1"))),
    "location 99 is outside": lambda p: replace(p, vehicles=(car("C1", position=99),)),
    "seats: -1 is negative": lambda p: replace(p, vehicles=(car("C1", seats=-1),)),
    "driver D1: it names vehicle C9": lambda p: replace(p, drivers=(driver("D1", bound_vehicle="C9"),)),
    "0 people travel": lambda p: replace(p, requests=(ask("Q1", 2, 5, "10:00", "11:00", persons=0),)),
    "2 wheelchairs for 1 people": lambda p: replace(
        p, requests=(ask("Q1", 2, 5, "10:00", "11:00", wheelchairs=2),)
    ),
    "cannot share": lambda p: replace(
        p, requests=(ask("Q1", 2, 5, "10:00", "11:00", hold=Hold(60, 2), sharing=Sharing(60)),)
    ),
    "run R-Q1: it names request Q1": lambda p: replace(p, requests=p.requests[1:]),
    "run R-Q1: it names driver D1": lambda p: replace(p, drivers=(driver("D2"),)),
    "it ended": lambda p: replace(p, now=at("12:00")),
    "has not started": lambda p: replace(p, runs=(replace(p.runs[0], onboard=(Onboard("Q2", 0),)),)),
    "Give pick-up, then drop-off": lambda p: replace(
        p, runs=(replace(p.runs[0], stops=p.runs[0].stops[::-1]),)
    ),
    "a fixed stop follows": lambda p: replace(
        p, runs=(replace(p.runs[0], stops=(p.runs[0].stops[0], replace(p.runs[0].stops[1], fixed=True))),)
    ),
    "weights.upgrade_per_step: -1": lambda _: Params(weights=Weights(upgrade_per_step=-1)),
    "not one square": lambda _: Travel(np.zeros((2, 2), np.int64), np.zeros((3, 3), np.int64)),
}


@pytest.mark.parametrize("message", CONTRADICTIONS)
def test_a_contradiction_is_refused_in_words(message: str) -> None:
    with pytest.raises(InvalidProblemError, match=message):
        CONTRADICTIONS[message](town())


def test_a_release_opens_the_request_and_empties_its_run() -> None:
    problem = town().release("Q1")

    assert [r.id for r in problem.open_requests] == ["Q1", "Q2"]
    assert problem.runs == ()
    with pytest.raises(UnknownRequestError, match="not dispatched"):
        problem.release("Q1")


def test_people_on_board_cannot_be_released() -> None:
    run = town().runs[0]
    riding = replace(run, started=True, stops=run.stops[1:], onboard=(Onboard("Q1", run.stops[0].depart),))

    with pytest.raises(UnknownRequestError, match="on board"):
        replace(town(), runs=(riding,)).release("Q1")


def test_a_problem_survives_json() -> None:
    problem = random_pool(4, dispatched=3)

    again = decode_problem(encode(problem))

    assert (again.vehicles, again.drivers, again.requests, again.runs) == (
        problem.vehicles,
        problem.drivers,
        problem.requests,
        problem.runs,
    )
    assert np.array_equal(again.travel.seconds, problem.travel.seconds)
    assert encode(again) == encode(problem)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b":", b"", "not JSON"),
        (b'"seats":4', b'"seats":"four"', r"\$.vehicles\[0\].seats: Expected `int`, got `str`"),
        (b"[[0,", b'[["far",', r"\$.travel.seconds: a matrix is rows of whole numbers"),
        (b'"earliest"', b'"first"', "missing required field `earliest`"),
    ],
)
def test_json_that_is_no_problem_says_where(before: bytes, after: bytes, message: str) -> None:
    content = encode(pool(ask("Q1", 2, 5, "10:00", "11:00"))).replace(before, after, 1)

    with pytest.raises(InvalidProblemError, match=message):
        decode_problem(content)
