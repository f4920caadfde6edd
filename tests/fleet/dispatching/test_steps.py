"""The state machine of a run, for every run there can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fleet.dispatching.model import RunRow, StopRow
from fleet.dispatching.requests import steps_between
from fleet.dispatching.steps import WALK, StepRefusedError, late_s, next_step, request_status, take

START = datetime(2026, 3, 11, 1, tzinfo=UTC)
ACTIONS = ["accept", "decline", "depart", "arrive", "board", "alight", "return"]


def a_run(visits: list[tuple[str, int, int]]) -> RunRow:
    """A dispatched run over `visits`: kind, request, number of the door (0, 1, 2 ...)."""
    stops = [
        _stop(place, kind, request_id, door) for place, (kind, request_id, door) in enumerate(visits, start=1)
    ]
    stops.append(_stop(len(stops) + 1, "return", None, 99))
    return RunRow(
        id=1, number="PC-0311-0001", organisation_id=1, vehicle_id=1, driver_id=1, driver_account_id=1,
        status="dispatched", planned_start=START, planned_end=START + timedelta(hours=3), started_at=None,
        ended_at=None, odometer_start_km=None, odometer_end_km=None, version=1, stops=tuple(stops),
    )  # fmt: skip


def _stop(place: int, kind: str, request_id: int | None, door: int) -> StopRow:
    when = START + timedelta(minutes=10 * place)
    return StopRow(
        place, place, kind, request_id, "门", 117.9 + door / 100, 36.6, when, when, when, None, None
    )


@st.composite
def runs(draw: st.DrawFn) -> RunRow:
    """Any run of one to four requests, some of them round trips, pooled or one after the other."""
    waiting = {
        request_id: ["pickup", "dropoff", "pickup", "dropoff"]
        if draw(st.booleans())
        else ["pickup", "dropoff"]
        for request_id in range(1, draw(st.integers(1, 4)) + 1)
    }
    visits = []
    while waiting:
        request_id = draw(st.sampled_from(sorted(waiting)))
        visits.append((waiting[request_id].pop(0), request_id, draw(st.integers(0, 3))))
        waiting = {q: kinds for q, kinds in waiting.items() if kinds}
    return a_run(visits)


class Walk(RuleBasedStateMachine):
    """Whatever is pressed, only the step that is due counts, and everybody ends at home."""

    @initialize(run=runs())
    def dispatch(self, run: RunRow) -> None:
        self.run = run
        self.at = START
        self.seen = dict.fromkeys(run.request_ids, 1)

    @rule(action=st.sampled_from(ACTIONS), stop_id=st.one_of(st.none(), st.integers(1, 17)))
    def press_anything(self, action: str, stop_id: int | None) -> None:
        due = next_step(self.run)
        fits = due is not None and (action, stop_id) in ((due.action, due.stop_id), (due.action, None))
        if fits or action == "decline":
            return
        with pytest.raises(StepRefusedError):
            take(self.run, action, stop_id, self.at)  # type: ignore[arg-type]

    @precondition(lambda self: next_step(self.run) is not None)
    @rule()
    def press_what_is_due(self) -> None:
        due = next_step(self.run)
        assert due is not None
        self.at += timedelta(minutes=1)
        self.run = take(self.run, due.action, due.stop_id, self.at)

    @invariant()
    def requests_only_move_forward(self) -> None:
        for request_id in self.run.request_ids:
            place = WALK.index(request_status(self.run, request_id))
            assert place >= self.seen[request_id]
            self.seen[request_id] = place

    @invariant()
    def the_car_heads_to_one_request_at_most(self) -> None:
        states = [request_status(self.run, q) for q in self.run.request_ids]
        assert states.count("en_route") + states.count("arrived") <= 1

    @invariant()
    def stops_are_made_in_order(self) -> None:
        made = [s.departed_at is not None for s in self.run.stops]
        assert made == sorted(made, reverse=True)
        assert all(s.arrived_at is not None for s in self.run.stops if s.departed_at is not None)


TestWalk = Walk.TestCase


@given(runs())
def test_pressing_what_is_due_brings_every_run_home(run: RunRow) -> None:
    presses = 0
    while (due := next_step(run)) is not None:
        presses += 1
        run = take(run, due.action, due.stop_id, START + timedelta(minutes=presses))
    assert run.status == "returned"
    assert {request_status(run, q) for q in run.request_ids} == {"returned"}
    assert presses <= 2 + 2 * len(run.stops)


@given(runs())
def test_a_run_can_be_declined_only_before_it_is_accepted(run: RunRow) -> None:
    declined = take(run, "decline", None, START)
    assert next_step(declined) is None
    assert {request_status(declined, q) for q in run.request_ids} == {"pending_dispatch"}
    accepted = take(run, "accept", None, START)
    with pytest.raises(StepRefusedError):
        take(accepted, "decline", None, START)


def test_two_who_get_in_at_one_door_need_one_arrival() -> None:
    run = a_run([("pickup", 1, 0), ("pickup", 2, 0), ("dropoff", 1, 1), ("dropoff", 2, 1)])
    taps = []
    while (due := next_step(run)) is not None:
        taps.append(due.action)
        run = take(run, due.action, due.stop_id, START)
    assert taps == ["accept", "depart", "arrive", "board", "board", "arrive", "alight", "alight", "return"]


def test_lateness_is_that_of_the_newest_stop() -> None:
    run = take(a_run([("pickup", 1, 0), ("dropoff", 1, 1)]), "accept", None, START)
    run = take(run, "depart", None, START + timedelta(minutes=15))
    assert late_s(run) == 15 * 60
    run = take(run, "arrive", None, START + timedelta(minutes=16))
    assert late_s(run) == 6 * 60


def test_a_request_outside_of_the_walk_is_left_alone() -> None:
    assert steps_between("cancelled", "returned") == ()
    assert steps_between("pending_dispatch", "en_route") == ("dispatch", "accept", "depart")
    assert steps_between("arrived", "pending_dispatch") == ("release",)
