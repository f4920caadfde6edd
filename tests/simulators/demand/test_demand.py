"""A day's requests."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.api.registry import RegistryImport
from schemas.clock import SHANGHAI
from simulators.demand import plan_demand
from tests.simulators.scenery import demo_world

WORKDAY = date(2026, 3, 11)
SATURDAY = date(2026, 3, 14)
days = st.dates(min_value=date(2026, 1, 5), max_value=date(2026, 12, 30))
quick = settings(max_examples=12, deadline=None)


@quick
@given(day=days, seed=st.integers(0, 999))
def test_every_request_keeps_to_its_day_and_its_order_of_times(day: date, seed: int) -> None:
    for item in plan_demand(demo_world(), day, seed):
        request = item.request
        assert item.submitted_at < request.pickup_from < request.latest_pickup < request.arrive_by
        assert request.pickup_from.astimezone(SHANGHAI).date() == day
        assert day - timedelta(days=1) <= item.submitted_at.astimezone(SHANGHAI).date() <= day
        assert request.origin != request.destination
        assert (request.waiting_min > 0) == (request.form == "round_trip")


@quick
@given(day=days, seed=st.integers(0, 999))
def test_the_same_seed_and_day_give_the_same_requests_in_order_of_submission(day: date, seed: int) -> None:
    requests = plan_demand(demo_world(), day, seed)
    assert requests == plan_demand(demo_world(), day, seed)
    assert list(requests) == sorted(requests, key=lambda item: item.submitted_at)
    assert len({item.code for item in requests}) == len(requests)


@quick
@given(day=days, seed=st.integers(0, 999))
def test_some_car_of_the_pool_could_serve_each_request(day: date, seed: int) -> None:
    cars = [row for row in demo_world().vehicles if row.status == "in_service"]
    for item in plan_demand(demo_world(), day, seed):
        request = item.request
        assert any(
            car.seats >= request.passengers
            and car.luggage >= request.luggage
            and car.wheelchair >= request.wheelchair
            and request.body_requested in {None, car.body}
            for car in cars
        )


@pytest.mark.parametrize("offset", [0, 1, 2, 5, 6, 7, 8, 9])
def test_a_working_day_brings_90_to_120_requests(world: RegistryImport, offset: int) -> None:
    assert 90 <= len(plan_demand(world, WORKDAY + timedelta(days=offset))) <= 120


def test_a_rest_day_brings_a_few_all_approved_for_it(world: RegistryImport) -> None:
    requests = plan_demand(world, SATURDAY)
    assert 3 <= len(requests) <= 9
    assert all(item.request.holiday for item in requests)
    assert not any(item.request.holiday for item in plan_demand(world, WORKDAY))


def test_the_day_has_the_shape_that_real_pools_report(world: RegistryImport) -> None:
    """DOMAIN §2: one or two persons, morning and early afternoon, several departments to one place."""
    requests = [item.request for item in plan_demand(world, WORKDAY)]
    count = len(requests)
    hours = Counter(request.pickup_from.astimezone(SHANGHAI).hour for request in requests)
    assert sum(request.passengers <= 2 for request in requests) > 0.65 * count
    assert hours[8] + hours[9] > 2 * hours[11]
    assert hours[13] + hours[14] > 2 * hours[12]
    assert 0.6 * count < sum(request.share_consent for request in requests) < 0.9 * count
    assert sum(request.form == "round_trip" for request in requests) > 0.1 * count
    assert any(request.wheelchair for request in requests)
    assert any(request.luggage for request in requests)
    assert any(5 <= request.passengers <= 7 for request in requests)


def test_several_departments_go_to_the_same_place_at_the_same_time(world: RegistryImport) -> None:
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in plan_demand(world, WORKDAY):
        groups[item.request.destination.name, item.request.purpose].add(item.login)
    assert sum(len(logins) >= 3 for logins in groups.values()) >= 3


def test_some_ask_long_before_and_some_at_once(world: RegistryImport) -> None:
    ahead = [item.request.pickup_from - item.submitted_at for item in plan_demand(world, WORKDAY)]
    assert sum(span > timedelta(hours=1) for span in ahead) > 0.4 * len(ahead)
    assert sum(span <= timedelta(minutes=40) for span in ahead) > 0.15 * len(ahead)
