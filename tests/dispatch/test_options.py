"""Options for one request: who is offered, at what price, and whom it touches (DESIGN §4.7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch import (
    Block,
    Blocked,
    BlockReason,
    ClassChoice,
    Constraint,
    Hold,
    InvalidProblemError,
    Onboard,
    Option,
    Params,
    Problem,
    ReasonCode,
    Run,
    Sharing,
    Stop,
    StopKind,
    UnknownCrewError,
    UnknownRequestError,
    Weights,
    option_for,
    options,
)
from tests.dispatch.pool import ask, at, between, car, confirm, driver, pool

SHARED = Sharing(detour_s=600)


def codes(option: Option) -> set[ReasonCode]:
    return {reason.code for reason in option.reasons}


def cars_offered(problem: Problem, request_id: str) -> list[str]:
    return [option.run.vehicle_id for option in options(problem, request_id)]


def test_a_free_car_is_there_early_and_comes_home() -> None:
    problem = pool(ask("Q1", 2, 5, "10:00", "11:00"))

    option = options(problem, "Q1")[0]

    assert option.arrive == at("09:55")
    assert (option.on_time_slack_s, option.pickup_slack_s) == (300, 1500)
    assert [s.kind for s in option.run.stops] == [StopKind.PICKUP, StopKind.DROPOFF]
    assert option.run.end == option.run.stops[-1].depart + 5 * 120
    assert (option.distance_m, option.empty_m) == (10_000, 7_000)


def test_every_option_has_three_reasons_and_a_word_on_the_nearest_car() -> None:
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00", persons=5),
        cars=(car("near", 2), car("far", 0, seats=6)),
        drivers=(driver("D1"), driver("D2")),
    )

    option = options(problem, "Q1")[0]

    assert len(option.reasons) >= 3
    assert option.reasons[-1].code is ReasonCode.NOT_NEAREST
    assert option.reasons[-1].values == {"vehicle_id": "near", "distance_m": 0, "code": "seats"}


def test_the_nearest_car_that_can_go_costs_more_and_the_reason_says_how_much() -> None:
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00", accepts=(ClassChoice("sedan"), ClassChoice("mpv", 3))),
        cars=(car("near", 2, vehicle_class="mpv"), car("far", 0)),
        drivers=(driver("D1"), driver("D2")),
    )

    first, second = options(problem, "Q1")

    assert first.reasons[-1].values["code"] == "cost"
    assert first.reasons[-1].values["extra_fen"] == (second.cost - first.cost).total_fen
    assert second.reasons[-1].code is ReasonCode.NEAREST
    assert ReasonCode.CLASS_UPGRADE in codes(second)


def test_two_who_consent_and_go_the_same_way_share_a_car() -> None:
    problem = pool(
        ask("Q1", 2, 8, "10:00", "11:00", sharing=SHARED),
        ask("Q2", 3, 8, "10:00", "11:00", sharing=SHARED, organisation="财政局"),
        cars=(car("C1"), car("C2")),
        drivers=(driver("D1"), driver("D2")),
    )

    option = options(confirm(problem, "Q1"), "Q2")[0]

    assert option.replaces == "R-Q1"
    assert [p.request_id for p in option.pooled] == ["Q1"]
    assert {ReasonCode.POOLED_WITH, ReasonCode.SAVES_VEHICLE, ReasonCode.SAVES_DISTANCE} <= codes(option)


@pytest.mark.parametrize(
    "consent", [None, Sharing(600, own_organisation_only=True), Sharing(0)], ids=["none", "own", "no detour"]
)
def test_nobody_is_pooled_without_consent_of_both(consent: Sharing | None) -> None:
    problem = pool(
        ask("Q1", 2, 8, "10:00", "11:00", sharing=consent),
        ask("Q2", 3, 7, "10:00", "11:00", sharing=SHARED, organisation="财政局"),
    )

    assert all(not option.pooled for option in options(confirm(problem, "Q1"), "Q2"))


def test_a_car_that_is_full_takes_nobody_more() -> None:
    problem = pool(
        ask("Q1", 2, 8, "10:00", "11:00", sharing=SHARED, persons=3),
        ask("Q2", 3, 8, "10:00", "10:45", sharing=SHARED, persons=2),
    )

    assert options(confirm(problem, "Q1"), "Q2") == ()


def test_a_locked_run_is_left_as_it_is() -> None:
    problem = confirm(
        pool(
            ask("Q1", 2, 8, "10:00", "11:00", sharing=SHARED),
            ask("Q2", 3, 8, "10:00", "10:45", sharing=SHARED),
        ),
        "Q1",
    )
    locked = replace(problem, runs=tuple(replace(r, locked=True) for r in problem.runs))

    assert options(problem, "Q2")
    assert options(locked, "Q2") == ()


def test_dispatched_people_are_never_fetched_earlier_nor_past_their_window() -> None:
    problem = confirm(
        pool(
            ask("Q1", 4, 8, "10:00", "11:00", sharing=SHARED),
            ask("Q2", 2, 8, "09:50", "11:00", sharing=SHARED),
        ),
        "Q1",
    )
    told = problem.runs[0].stops[0].start

    option = options(problem, "Q2")[0]

    moved = next(s for s in option.run.stops if s.request_id == "Q1")
    assert told <= moved.start <= problem.request["Q1"].pickup_window.latest


def test_who_is_told_a_later_time_is_named_with_both_times() -> None:
    later = between("10:04", "10:14")
    problem = confirm(
        pool(
            ask("Q1", 4, 8, "10:00", "11:00", sharing=SHARED),
            ask("Q2", 2, 8, "10:00", "11:00", sharing=SHARED, pickup_window=later),
        ),
        "Q1",
    )
    cheap = replace(problem, params=Params(weights=Weights(promise_changed=1, promise_later_per_min=1)))

    option = options(cheap, "Q2")[0]

    assert (option.changes[0].request_id, option.changes[0].before) == ("Q1", at("10:00"))
    assert option.changes[0].after == at("10:00") + 600
    assert option.cost.promise_changed > 0
    assert ReasonCode.DELAYS in codes(option)


def test_a_round_trip_holds_the_car_until_the_people_are_back() -> None:
    problem = pool(
        ask("Q1", 2, 8, "10:00", "11:00", hold=Hold(3600, 2)),
        ask("Q2", 3, 8, "10:20", "11:30", sharing=SHARED),
    )

    run = options(problem, "Q1")[0].run

    _, wait, back = run.stops
    assert wait.kind is StopKind.WAIT
    assert wait.depart - wait.start == 3600 + 60 + 120
    assert (back.location, back.start) == (2, wait.depart + 6 * 120)
    assert options(confirm(problem, "Q1"), "Q2") == ()


def test_people_on_board_keep_their_car_and_what_they_were_promised() -> None:
    """DESIGN §4.7: a started run keeps its made stops; the newcomer gets on behind them."""
    riding = Stop("Q1", StopKind.DROPOFF, 8, at("10:22"), at("10:22"), at("10:23"))
    run = Run(
        "R1",
        "C1",
        "D1",
        0,
        at("09:55"),
        (riding,),
        at("10:40"),
        started=True,
        onboard=(Onboard("Q1", at("10:02")),),
    )
    problem = pool(
        ask("Q1", 2, 8, "10:00", "10:40", sharing=SHARED),
        ask("Q2", 6, 8, "10:10", "11:00", sharing=SHARED),
        cars=(car("C1", position=4),),
        runs=(run,),
        now="10:10",
    )

    option = options(problem, "Q2")[0]

    assert option.run.onboard == run.onboard
    assert option.run.start == run.start
    assert [p.request_id for p in option.pooled] == ["Q1"]
    assert option.run.stops[0].arrive == at("10:10") + 2 * 120


@pytest.mark.parametrize(
    ("request_more", "offered"),
    [
        ({"persons": 5}, ["bus"]),
        ({"luggage": 8}, ["bus"]),
        ({"wheelchairs": 1}, ["ramp"]),
        ({"accepts": (ClassChoice("minibus"),)}, ["bus"]),
    ],
    ids=["seats", "luggage", "wheelchair", "class"],
)
def test_only_cars_that_hold_the_people_are_offered(
    request_more: dict[str, object], offered: list[str]
) -> None:
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00", **request_more),
        cars=(
            car("small"),
            car("ramp", wheelchairs=1),
            car("bus", vehicle_class="minibus", seats=18, luggage=18),
        ),
        drivers=(driver("D1"), driver("D2"), driver("D3")),
    )

    assert cars_offered(problem, "Q1") == offered


def test_a_car_in_repair_or_out_of_range_stays_where_it_is() -> None:
    repair = Block(between("08:00", "18:00"), BlockReason.REPAIR)
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00"),
        cars=(
            car("broken", blocks=(repair,)),
            car("empty", range_m=11_000, full_range_m=300_000),
            car("good"),
        ),
        drivers=(driver("D1"), driver("D2"), driver("D3")),
    )

    assert cars_offered(problem, "Q1") == ["good"]


def test_a_driver_takes_only_cars_of_the_own_depot_and_class_or_the_one_bound_to() -> None:
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00"),
        cars=(car("own"), car("elsewhere", depot=1), car("bus", vehicle_class="minibus", seats=18)),
        drivers=(driver("D1", may_drive=("sedan",)), driver("D2", bound_vehicle="own")),
    )

    assert cars_offered(problem, "Q1") == ["own"]


def test_the_driver_with_the_most_driving_time_left_goes() -> None:
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00"),
        drivers=(driver("D1", driven_s=5 * 3600), driver("D2", driven_s=3600)),
    )

    assert options(problem, "Q1")[0].run.driver_id == "D2"


def test_hours_at_the_wheel_are_a_limit() -> None:
    tired = driver("D1", driven_s=8 * 3600 - 600)

    assert options(pool(ask("Q1", 2, 5, "10:00", "11:00"), drivers=(tired,)), "Q1") == ()


def test_overtime_has_a_price_and_a_limit() -> None:
    short = between("08:00", "10:20")
    problem = pool(ask("Q1", 2, 5, "10:10", "11:00"), drivers=(driver("D1", shifts=(short,)),))
    none = replace(problem, params=Params(overtime_limit_s=0))

    option = options(problem, "Q1")[0]

    assert ReasonCode.OVERTIME in codes(option)
    assert option.cost.driver_overtime > 0
    assert options(none, "Q1") == ()


def test_the_next_task_is_named_with_the_time_to_spare() -> None:
    problem = pool(ask("Q1", 2, 5, "13:00", "14:00"), ask("Q2", 2, 3, "10:00", "11:00"))

    option = options(confirm(problem, "Q1"), "Q2")[0]

    assert option.next_run_id == "R-Q1"
    assert option.next_task_slack_s == confirm(problem, "Q1").runs[0].start - option.run.end


def test_the_breakdown_adds_up_to_the_total() -> None:
    cost = options(pool(ask("Q1", 2, 5, "10:00", "11:00")), "Q1")[0].cost

    assert cost.distance_empty == 7_000 * 240
    assert cost.distance_loaded == 3_000 * 200
    assert cost.total == (
        cost.distance_empty + cost.distance_loaded + cost.vehicle_used + cost.driver_time + cost.lateness_risk
    )


def test_by_hand_a_clerk_may_choose_car_and_driver_or_learns_what_is_in_the_way() -> None:
    problem = pool(
        ask("Q1", 2, 5, "10:00", "11:00", persons=5),
        cars=(car("small"), car("big", seats=6)),
        drivers=(driver("D1"), driver("D2")),
    )

    chosen = option_for(problem, "Q1", "big", "D2")

    assert isinstance(chosen, Option)
    assert (chosen.run.vehicle_id, chosen.run.driver_id) == ("big", "D2")
    assert option_for(problem, "Q1", "small") == Blocked("small", Constraint.SEATS)
    with pytest.raises(UnknownCrewError, match="D9"):
        option_for(problem, "Q1", "big", "D9")


def test_a_dispatched_request_is_planned_anew_only_after_its_release() -> None:
    problem = confirm(
        pool(
            ask("Q1", 2, 5, "10:00", "11:00"),
            cars=(car("C1"), car("C2")),
            drivers=(driver("D1"), driver("D2")),
        ),
        "Q1",
    )

    with pytest.raises(UnknownRequestError, match="release"):
        options(problem, "Q1")

    assert len(options(problem.release("Q1"), "Q1")) == 2


def test_an_impossible_window_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidProblemError, match=r"ends .* before it begins .* Swap or correct"):
        between("11:00", "10:00")
