"""A plan of all open requests: by routing, never dearer than insertion, checked, with alternatives."""

from __future__ import annotations

from dataclasses import replace

from dispatch import Hold, Option, Plan, Problem, ReasonCode, Run, Sharing, Solver, check, plan
from tests.dispatch.pool import ask, car, confirm, driver, pool, random_pool

SHARED = Sharing(600)
STEPS = 12


def planned(problem: Problem, seed: int = 1) -> Plan:
    return plan(problem, time_limit_s=60, seed=seed, steps=STEPS)


def first_options(found: Plan) -> list[Option]:
    return [p.options[0] for p in found.proposals if p.options]


def in_force_after(problem: Problem, runs: list[Run], replaced: set[str]) -> tuple[Run, ...]:
    return (*(r for r in problem.runs if r.id not in replaced), *runs)


def test_three_departments_to_one_place_take_one_car() -> None:
    problem = pool(
        ask("Q1", 2, 9, "10:00", "11:00", sharing=SHARED),
        ask("Q2", 3, 9, "10:00", "11:00", sharing=SHARED, organisation="财政局"),
        ask("Q3", 4, 9, "10:05", "11:00", sharing=SHARED, organisation="教育局"),
        cars=(car("C1"), car("C2"), car("C3")),
        drivers=(driver("D1"), driver("D2"), driver("D3")),
    )

    found = planned(problem)

    assert len(found.runs) == 1
    assert {o.serves for o in first_options(found)} == {("Q1", "Q2", "Q3")}
    assert all(ReasonCode.POOLED_WITH in {r.code for r in o.reasons} for o in first_options(found))
    assert all(len(p.options) == 3 for p in found.proposals)


def test_routing_finds_what_one_after_another_misses() -> None:
    """The search begins at the plan made by insertion and may only improve it."""
    found = [planned(random_pool(seed, cars=5, requests=12)) for seed in (2, 3)]

    assert Solver.ROUTING in {f.solver for f in found}


def test_one_seed_gives_one_plan() -> None:
    problem = random_pool(3, cars=5, requests=10, dispatched=4)

    assert planned(problem, seed=7) == planned(problem, seed=7)


def test_first_options_put_in_force_are_the_plan_and_second_ones_fit_beside_the_rest() -> None:
    problem = random_pool(5, cars=6, requests=14, dispatched=6)
    found = planned(problem)
    units = {o.serves: o for o in first_options(found)}

    whole = in_force_after(
        problem, [o.run for o in units.values()], {o.replaces for o in units.values() if o.replaces}
    )
    assert set(whole) == set(found.runs)
    for proposal in found.proposals:
        for option in proposal.options:
            others = [o for o in units.values() if proposal.request_id not in o.serves]
            runs = [option.run, *(o.run for o in others)]
            replaced = {o.replaces for o in (option, *others) if o.replaces}
            check(problem, in_force_after(problem, runs, replaced))


def test_the_most_important_go_first_when_cars_are_short() -> None:
    problem = pool(
        ask("Q1", 2, 9, "10:00", "10:40"), ask("Q2", 2, 9, "10:00", "10:40", priority=3), cars=(car("C1"),)
    )

    found = planned(problem)

    assert found.unserved == ("Q1",)
    assert found.proposals[0].no_option is not None
    assert found.cost.unserved == 200_000 * 1000


def test_a_plan_leaves_dispatched_runs_with_their_car_driver_and_people() -> None:
    """DESIGN §4.7."""
    problem = random_pool(9, cars=5, requests=12, dispatched=8)

    found = planned(problem)

    after = {r.id: r for r in found.runs}
    assert all(
        (after[r.id].vehicle_id, after[r.id].driver_id) == (r.vehicle_id, r.driver_id)
        and set(r.request_ids) <= set(after[r.id].request_ids)
        for r in problem.runs
    )


def test_round_trips_and_shared_trips_stand_in_one_plan() -> None:
    problem = pool(
        ask("Q1", 2, 6, "09:00", "10:00", hold=Hold(1800, 2)),
        ask("Q2", 3, 8, "10:40", "11:30", sharing=SHARED),
        ask("Q3", 4, 8, "10:40", "11:30", sharing=SHARED),
    )

    found = planned(problem)

    assert found.unserved == ()
    assert len({r.vehicle_id for r in found.runs}) == 1


def test_nothing_open_is_a_plan_that_changes_nothing() -> None:
    problem = confirm(pool(ask("Q1", 2, 5, "10:00", "11:00")), "Q1")
    locked = replace(problem, runs=tuple(replace(r, locked=True) for r in problem.runs))

    assert (planned(problem).proposals, planned(problem).runs) == ((), problem.runs)
    assert planned(locked).runs == locked.runs
