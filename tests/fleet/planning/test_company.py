from __future__ import annotations

from datetime import UTC, datetime

from fleet.planning.company import Company, company_of
from schemas.api.proposals import ProposedStop

AT = datetime(2026, 3, 11, 2, tzinfo=UTC)


def stops(*told: str) -> list[ProposedStop]:
    """`+1` is the pick-up of request 1, `-1` its drop-off, `.` the return to the bay."""
    kinds = {"+": "pickup", "-": "dropoff", ".": "return"}
    return [
        ProposedStop.model_validate(
            {
                "kind": kinds[each[0]],
                "request_id": int(each[1:]) if each[1:] else None,
                "request_number": each[1:] or None,
                "name": "市政务中心",
                "lon": 117.9,
                "lat": 36.6,
                "arrival": AT,
                "departure": AT,
                "latest_arrival": AT,
                "on_board": 0,
            }
        )
        for each in told
    ]


def test_those_in_the_car_at_the_same_time_are_pooled() -> None:
    assert company_of(1, stops("+1", "+2", "-1", "-2", ".")) == Company(["2"], [])
    assert company_of(2, stops("+1", "+2", "-1", "-2", ".")) == Company(["1"], [])


def test_those_who_follow_one_another_only_have_the_same_run() -> None:
    assert company_of(1, stops("+1", "-1", "+2", "-2", ".")) == Company([], ["2"])
    assert company_of(2, stops("+1", "-1", "+2", "-2", ".")) == Company([], ["1"])


def test_who_was_on_board_when_the_plan_was_made_counts() -> None:
    assert company_of(2, stops("+2", "-1", "-2", ".")) == Company(["1"], [])
    assert company_of(2, stops("-1", "+2", "-2", ".")) == Company([], ["1"])


def test_a_round_trip_has_company_on_either_way() -> None:
    assert company_of(1, stops("+1", "-1", "+2", "-2", "+1", "+3", "-3", "-1", ".")) == Company(["3"], ["2"])
