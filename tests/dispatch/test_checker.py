"""The independent checker refuses every kind of broken plan, by name (DESIGN §4.2, §4.7)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from dispatch import (
    Block,
    BlockReason,
    ClassChoice,
    DispatchError,
    Problem,
    RuleBrokenError,
    Run,
    Sharing,
    check,
    options,
)
from tests.dispatch.pool import ask, at, between, car, confirm, driver, pool

SHARED = Sharing(600)


def town(**changes: object) -> Problem:
    """Two cars; Q1 is dispatched, Q2 is open and may share with it."""
    problem = pool(
        ask("Q1", 2, 8, "10:00", "11:00", sharing=SHARED),
        ask("Q2", 3, 8, "10:00", "11:00", sharing=SHARED),
        cars=(car("C1"), car("C2")),
        drivers=(driver("D1"), driver("D2")),
    )
    return replace(confirm(problem, "Q1"), **changes)  # type: ignore[arg-type]


def pooled(problem: Problem) -> Run:
    """The first run, Q2 pooled into it."""
    return options(problem, "Q2")[0].run


def moved(run: Run, by: int) -> Run:
    stops = tuple(
        replace(s, arrive=s.arrive + by, start=s.start + by, depart=s.depart + by) for s in run.stops
    )
    return replace(run, start=run.start + by, stops=stops, end=run.end + by)


def with_request(problem: Problem, request_id: str, **more: object) -> Problem:
    changed = tuple(replace(r, **more) if r.id == request_id else r for r in problem.requests)  # type: ignore[arg-type]
    return replace(problem, requests=changed)


def with_car(problem: Problem, **more: object) -> Problem:
    return replace(problem, vehicles=tuple(replace(v, **more) for v in problem.vehicles))  # type: ignore[arg-type]


def swapped(run: Run) -> Run:
    first, second, *rest = run.stops
    return replace(run, stops=(second, first, *rest))


BROKEN: dict[str, Callable[[Problem, Run], tuple[Problem, tuple[Run, ...]]]] = {
    "commitment": lambda p, r: (p, ()),
    "once": lambda p, r: (p, (r, replace(r, id="", vehicle_id="C2", driver_id="D2"))),
    "locked": lambda p, r: (replace(p, runs=(replace(p.runs[0], locked=True),)), (r,)),
    "double_booking": lambda p, r: (
        p,
        (p.runs[0], replace(options(p, "Q2")[1].run, vehicle_id="C1", driver_id="D2")),
    ),
    "blocked": lambda p, r: (
        with_car(p, blocks=(Block(between("10:15", "10:20"), BlockReason.REPAIR),)),
        (p.runs[0], options(p, "Q2")[1].run),
    ),
    "past": lambda p, r: (replace(p, now=at("09:59")), (r,)),
    "travel": lambda p, r: (p, (replace(r, end=r.end - 1),)),
    "service": lambda p, r: (
        p,
        (replace(r, stops=(replace(r.stops[0], depart=r.stops[0].start), *r.stops[1:])),),
    ),
    "precedence": lambda p, r: (p, (replace(r, stops=r.stops[:-1]),)),
    "place": lambda p, r: (with_request(p, "Q2", pickup=4), (r,)),
    "window": lambda p, r: (p, (moved(r, 3600),)),
    "promise": lambda p, r: (
        with_request(
            p, "Q1", pickup_window=between("09:30", "10:20"), arrival_window=between("09:30", "11:00")
        ),
        (moved(p.runs[0], -60),),
    ),
    "seats": lambda p, r: (with_car(p, seats=1), (r,)),
    "luggage": lambda p, r: (with_car(with_request(p, "Q2", luggage=3), luggage=2), (r,)),
    "wheelchair": lambda p, r: (with_request(p, "Q2", wheelchairs=1), (r,)),
    "sharing": lambda p, r: (with_request(p, "Q2", sharing=None), (r,)),
    "ride": lambda p, r: (with_request(p, "Q1", sharing=Sharing(0)), (r,)),
    "class": lambda p, r: (with_request(p, "Q2", accepts=(ClassChoice("mpv"),)), (r,)),
    "crew": lambda p, r: (
        replace(p, drivers=tuple(replace(d, bound_vehicle="C1") for d in p.drivers)),
        (p.runs[0], options(p, "Q2")[1].run),
    ),
    "shift": lambda p, r: (
        replace(p, drivers=tuple(replace(d, shifts=(between("08:00", "09:00"),)) for d in p.drivers)),
        (p.runs[0], options(p, "Q2")[1].run),
    ),
    "range": lambda p, r: (with_car(p, range_m=10_000), (p.runs[0], options(p, "Q2")[1].run)),
    "driving_hours": lambda p, r: (
        replace(p, drivers=tuple(replace(d, driving_limit_s=60) for d in p.drivers)),
        (p.runs[0], options(p, "Q2")[1].run),
    ),
    "origin": lambda p, r: (with_car(p, position=3), (p.runs[0], options(p, "Q2")[1].run)),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_plan_that_breaks_a_rule_is_refused_by_its_name(rule: str) -> None:
    problem = town()
    changed, runs = BROKEN[rule](problem, pooled(problem))

    with pytest.raises(RuleBrokenError) as refusal:
        check(changed, runs)

    assert refusal.value.rule == rule


def test_a_sound_plan_passes() -> None:
    problem = town()

    check(problem, (pooled(problem),))
    check(problem, problem.runs)


def test_what_runs_late_already_may_stay_late_but_not_become_later() -> None:
    problem = town()
    late = replace(problem, runs=(moved(problem.runs[0], 3600),))
    later = moved(late.runs[0], 60)

    check(late, late.runs)
    with pytest.raises(RuleBrokenError, match="window"):
        check(late, (later,))


def test_an_error_survives_the_way_between_processes() -> None:
    error: DispatchError = RuleBrokenError("seats", "R1", "5 in a car for 4")

    assert str(pickle.loads(pickle.dumps(error))) == str(error)
