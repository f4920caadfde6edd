"""Laws over random days: whatever is answered passes the independent checker (DESIGN §4.2, §4.7)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch import Onboard, Problem, Run, StopKind, Tone, check, options, plan, propose
from dispatch.book import Book
from dispatch.planner import insert_all, total
from tests.dispatch.pool import random_pool

seeds = st.integers(0, 100_000)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
fewer = settings(few, max_examples=6)


def on_its_way(problem: Problem, now: int) -> Problem:
    """The same day at a later time: stops whose time has come are made, cars stand where they were last."""
    runs, places = [], {}
    for run in problem.runs:
        if run.end <= now:
            continue
        if run.start > now:
            runs.append(run)
            continue
        made = [s for s in run.stops if s.depart <= now]
        off = {s.request_id for s in made if s.kind is StopKind.DROPOFF}
        aboard = tuple(
            Onboard(s.request_id, s.depart)
            for s in made
            if s.kind is StopKind.PICKUP and s.request_id not in off
        )
        runs.append(replace(run, stops=run.stops[len(made) :], started=True, onboard=aboard))
        places[run.vehicle_id] = made[-1].location if made else run.origin
    served = {q for r in runs for q in r.request_ids} | {
        r.id for r in problem.open_requests if r.pickup_window.latest > now
    }
    later = replace(
        problem,
        now=now,
        requests=tuple(r for r in problem.requests if r.id in served),
        vehicles=tuple(replace(v, position=places.get(v.id, v.depot)) for v in problem.vehicles),
        runs=tuple(runs),
    )
    return replace(later, runs=tuple(late(later, run) for run in later.runs))


def late(problem: Problem, run: Run) -> Run:
    """A run whose stops are put back to what the car can still do from where it is now."""
    if not run.started:
        return run
    seconds, vehicle = problem.travel.seconds, problem.vehicle[run.vehicle_id]
    at, free, stops = vehicle.position, problem.now, []
    for stop in run.stops:
        arrive = max(stop.arrive, free + int(seconds[at, stop.location]))
        start = max(stop.start, arrive)
        moved = replace(stop, arrive=arrive, start=start, depart=start + stop.depart - stop.start)
        stops.append(moved)
        at, free = stop.location, moved.depart
    return replace(run, stops=tuple(stops), end=max(run.end, free + int(seconds[at, vehicle.depot])))


@few
@given(seed=seeds, dispatched=st.integers(0, 9))
def test_every_option_passes_the_checker_and_explains_itself(seed: int, dispatched: int) -> None:
    problem = random_pool(seed, requests=dispatched + 2, dispatched=dispatched)

    for request in problem.open_requests:
        answer = propose(problem, request.id)
        for option in answer.options:
            kept = tuple(r for r in problem.runs if r.id != option.replaces)
            check(problem, (*kept, option.run))
            assert len(option.reasons) >= 3
            assert {r.tone for r in option.reasons} <= set(Tone)
        none = answer.no_option
        assert (none is None) == bool(answer.options)
        assert none is None or sum(c.vehicles for c in none.counts) == none.checked == len(problem.vehicles)


@few
@given(seed=seeds, now=st.integers(8 * 3600, 15 * 3600))
def test_cars_under_way_keep_their_people_and_every_option_passes(seed: int, now: int) -> None:
    problem = on_its_way(random_pool(seed, requests=12, dispatched=9), now)

    check(problem, problem.runs)
    for request in problem.open_requests:
        for option in options(problem, request.id):
            check(problem, (*(r for r in problem.runs if r.id != option.replaces), option.run))


@few
@given(seed=seeds)
def test_options_are_ordered_by_cost_one_per_car(seed: int) -> None:
    problem = random_pool(seed, requests=8, dispatched=6)

    for request in problem.open_requests:
        found = options(problem, request.id, limit=6)
        assert [o.cost.total for o in found] == sorted(o.cost.total for o in found)
        assert len({o.run.vehicle_id for o in found}) == len(found)


@fewer
@given(seed=seeds, now=st.sampled_from([8 * 3600, 11 * 3600]))
def test_a_plan_is_never_dearer_than_insertion_and_passes_the_checker(seed: int, now: int) -> None:
    problem = on_its_way(random_pool(seed, cars=5, requests=10, dispatched=5), now)

    found = plan(problem, time_limit_s=60, steps=6)

    check(problem, found.runs)
    assert found.refused == ()
    assert found.cost.total <= total(insert_all(Book(problem, problem.runs), problem.open_requests))
