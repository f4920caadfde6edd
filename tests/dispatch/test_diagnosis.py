"""No option: which constraint binds, how many cars fail it, and the smallest change that helps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch import (
    Block,
    BlockReason,
    ClassChoice,
    Constraint,
    Driver,
    NoOption,
    Problem,
    RelaxationKind,
    Request,
    Sharing,
    Vehicle,
    Window,
    options,
    propose,
)
from tests.dispatch.pool import ask, at, between, car, confirm, driver, pool

ALL_DAY = between("00:00", "23:59")


def why(problem: Problem, request_id: str = "Q1") -> NoOption:
    answer = propose(problem, request_id).no_option
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("constraint", "vehicle", "crew", "more"),
    [
        (Constraint.STATUS, car("C", blocks=(Block(ALL_DAY, BlockReason.SEALED),)), driver("D"), {}),
        (Constraint.WHEELCHAIR, car("C"), driver("D"), {"wheelchairs": 1}),
        (Constraint.SEATS, car("C"), driver("D"), {"persons": 5}),
        (Constraint.LUGGAGE, car("C"), driver("D"), {"luggage": 5}),
        (Constraint.CLASS, car("C"), driver("D"), {"accepts": (ClassChoice("mpv"),)}),
        (Constraint.NO_DRIVER, car("C"), driver("D", shifts=(between("13:00", "20:00"),)), {}),
        (Constraint.TIME_WINDOW, car("C", position=90), driver("D"), {}),
        (Constraint.RANGE, car("C", range_m=9_000, full_range_m=100_000), driver("D"), {}),
        (Constraint.DRIVING_HOURS, car("C"), driver("D", driving_limit_s=600), {}),
    ],
    ids=lambda value: str(value) if isinstance(value, Constraint) else "",
)
def test_each_constraint_is_named_for_the_car_it_stops(
    constraint: Constraint, vehicle: Vehicle, crew: Driver, more: dict[str, object]
) -> None:
    from tests.dispatch.pool import line

    problem = pool(
        ask("Q1", 2, 5, "08:05", "08:45", **more), cars=(vehicle,), drivers=(crew,), travel=line(100)
    )

    answer = why(problem)

    assert answer.binding is constraint
    assert [(c.constraint, c.vehicles) for c in answer.counts] == [(constraint, 1)]


def test_cars_are_counted_by_the_first_constraint_they_fail() -> None:
    """The screen's words: 29 cars lack the ramp; two have it but are free only later."""
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00", wheelchairs=1),
        ask("Q2", 2, 9, "09:50", "11:00"),
        cars=(car("A"), car("B"), car("ramp", wheelchairs=1)),
        drivers=(driver("D1", bound_vehicle="ramp"),),
    )
    busy = confirm(problem, "Q2")

    answer = why(busy)

    assert [(c.constraint, c.vehicles) for c in answer.counts] == [
        (Constraint.WHEELCHAIR, 2),
        (Constraint.BUSY, 1),
    ]
    assert answer.binding is Constraint.BUSY
    assert answer.checked == 3
    assert answer.counts[-1].earliest_until is not None


def later(request: Request, by: int) -> Request:
    pickup, arrival = request.pickup_window, request.arrival_window
    return replace(
        request,
        pickup_window=Window(pickup.earliest, pickup.latest + by),
        arrival_window=Window(arrival.earliest, arrival.latest + by),
    )


def asked_anew(problem: Problem, request: Request) -> Problem:
    others = tuple(r for r in problem.requests if r.id != request.id)
    return replace(problem, requests=(*others, request))


def test_the_smallest_delay_works_and_a_minute_less_does_not() -> None:
    request = ask("Q1", 2, 5, "10:00", "10:30")
    problem = confirm(pool(request, ask("Q2", 2, 9, "09:50", "11:00")), "Q2")

    delay = next(r for r in why(problem).relaxations if r.kind is RelaxationKind.LATER)

    found = options(asked_anew(problem, later(request, delay.amount)), "Q1")
    assert found[0].run.stops[0].start == delay.pickup or found[0].run.stops[-2].start == delay.pickup
    assert options(asked_anew(problem, later(request, delay.amount - 60)), "Q1") == ()


def test_sharing_is_offered_where_it_would_help() -> None:
    problem = confirm(
        pool(ask("Q1", 3, 7, "10:00", "10:40"), ask("Q2", 2, 9, "09:58", "11:00", sharing=Sharing(900))),
        "Q2",
    )

    answer = why(problem)

    assert answer.binding is Constraint.SHARING
    assert RelaxationKind.SHARE in {r.kind for r in answer.relaxations}


def test_a_promise_to_others_or_a_lock_is_named() -> None:
    wanted, promised = between("09:40", "09:50"), between("10:00", "10:02")
    problem = confirm(
        pool(
            ask("Q1", 2, 9, "09:40", "10:30", pickup_window=wanted),
            ask("Q2", 5, 9, "10:00", "10:40", pickup_window=promised),
        ),
        "Q2",
    )
    locked = replace(problem, runs=tuple(replace(r, locked=True) for r in problem.runs))

    assert why(problem).binding is Constraint.PROMISE
    assert why(locked).binding is Constraint.LOCKED


def test_another_class_or_more_cars_are_offered_where_they_would_help() -> None:
    other = pool(ask("Q1", 2, 5, "10:00", "11:00", accepts=(ClassChoice("mpv"),)))
    many = pool(
        ask("Q1", 2, 5, "10:00", "11:00", persons=7),
        cars=(car("A"), car("B")),
        drivers=(driver("D1"), driver("D2")),
    )

    assert [(r.kind, r.vehicle_id) for r in why(other).relaxations] == [(RelaxationKind.ANY_CLASS, "C1")]
    assert [(r.kind, r.amount) for r in why(many).relaxations] == [(RelaxationKind.SPLIT, 2)]


def test_sixty_people_and_no_cars_are_answers_not_errors() -> None:
    crowd = pool(ask("Q1", 2, 5, "10:00", "11:00", persons=60))
    nothing = pool(ask("Q1", 2, 5, "10:00", "11:00"), cars=(), drivers=())

    assert why(crowd).counts[0].constraint is Constraint.SEATS
    assert (why(nothing).checked, why(nothing).binding, why(nothing).relaxations) == (0, None, ())


def test_a_car_that_comes_free_says_when() -> None:
    problem = confirm(pool(ask("Q1", 2, 5, "10:00", "10:30"), ask("Q2", 2, 9, "09:50", "11:00")), "Q2")

    blocked = why(problem).blocked[0]

    assert blocked.constraint is Constraint.BUSY
    assert blocked.until is not None
    assert at("10:20") < blocked.until < at("11:00")
