from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from fleet.orders.transitions import OPEN, TRANSITIONS, Step, possible_steps
from schemas.api.requests import RequestStatus

STATES: tuple[RequestStatus, ...] = get_args(RequestStatus)


def test_every_step_has_its_row() -> None:
    assert set(TRANSITIONS) == set(get_args(Step))


@given(st.sampled_from(STATES))
def test_a_closed_request_moves_no_more(status: RequestStatus) -> None:
    assert status in OPEN or possible_steps(status) == []


@given(st.lists(st.sampled_from(list(TRANSITIONS)), max_size=30))
def test_no_sequence_of_steps_returns_a_request_to_its_unit(steps: list[Step]) -> None:
    status: RequestStatus = "unit_review"
    for step in steps:
        status = TRANSITIONS[step].get(status, status)

    assert status != "unit_review" or not {"approve", "reject", "cancel"} & set(steps)
