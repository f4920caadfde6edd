"""The script of a day."""

from __future__ import annotations

import math
from datetime import date, timedelta

import chinese_calendar
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.api.registry import RegistryImport
from schemas.clock import SHANGHAI
from simulators.misconduct import Act, Habit, Script, Span, plan_misconduct
from tests.simulators.scenery import demo_town, demo_world

WORKDAY = date(2026, 3, 11)
SATURDAY = date(2026, 3, 14)
days = st.dates(min_value=date(2026, 1, 5), max_value=date(2026, 12, 30))
quick = settings(max_examples=12, deadline=None)


def bays_of(world: RegistryImport) -> dict[str, tuple[float, float]]:
    bays = {(depot.code, bay.code): (bay.lon, bay.lat) for depot in world.depots for bay in depot.bays}
    return {row.plate: bays[row.depot, row.bay] for row in world.vehicles}


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (other[0] - one[0]) * math.cos(math.radians(one[1]))
    return 111_195 * math.hypot(east, other[1] - one[1])


def reach(act: Act, bay: tuple[float, float]) -> float:
    return max(metres(bay, (leg.lon, leg.lat)) for leg in act.legs)


def script_of(day: date, seed: int = 7) -> Script:
    return plan_misconduct(demo_world(), demo_town(), day, seed)


@quick
@given(day=days, seed=st.integers(0, 999))
def test_the_same_seed_and_day_give_the_same_script(day: date, seed: int) -> None:
    assert script_of(day, seed) == script_of(day, seed)


@quick
@given(day=days, seed=st.integers(0, 999))
def test_one_car_has_one_part_and_plays_it_on_that_day(day: date, seed: int) -> None:
    script = script_of(day, seed)
    parts: list[Act | Habit] = [*script.acts, *script.habits]
    plates = [part.plate for part in parts]
    usable = {row.plate for row in demo_world().vehicles if row.status == "in_service"}
    assert len(set(plates)) == len(plates)
    assert set(plates) <= usable
    assert {act.starts_at.astimezone(SHANGHAI).date() for act in script.acts} == {day}
    assert all(0 <= item.leg < len(act.legs) for act in script.acts for item in act.expectations)


@quick
@given(day=days, seed=st.integers(0, 999))
def test_misdeeds_are_far_beyond_the_thresholds_and_decoys_clearly_below(day: date, seed: int) -> None:
    """DOMAIN §A: R01 50 m, R03 500 m, R05 10 % over, R10 200 m from the bay."""
    script = script_of(day, seed)
    bays = bays_of(demo_world())
    guilty = [act for act in script.acts if all(item.expected for item in act.expectations)]
    decoys = [act for act in script.acts if not any(item.expected for item in act.expectations)]
    assert len(guilty) + len(decoys) == len(script.acts)
    assert all(reach(act, bays[act.plate]) > 1_500 for act in guilty)
    assert all(reach(act, bays[act.plate]) < 40 for act in decoys)
    shares = {
        habit.expectation.expected: habit.share_of_limit for habit in script.habits if habit.share_of_limit
    }
    assert shares.get(True, 1.36) > 1.25
    assert shares.get(False, 1.05) < 1.07
    parked = [(habit, metres(bays[habit.plate], habit.parks_at)) for habit in script.habits if habit.parks_at]
    assert all(distance > 900 for habit, distance in parked if habit.expectation.expected)
    assert all(60 < distance < 150 for habit, distance in parked if not habit.expectation.expected)


@quick
@given(day=days)
def test_rest_day_use_is_played_on_rest_days_only(day: date) -> None:
    script = script_of(day)
    expected = {item.rule_code for act in script.acts for item in act.expectations if item.expected}
    assert ("R03" in expected) != chinese_calendar.is_workday(day)


def test_a_working_day_and_a_rest_day_together_play_all_four_rules_and_decoys_of_each() -> None:
    scripts = [script_of(WORKDAY), script_of(SATURDAY)]
    acts = [item for script in scripts for act in script.acts for item in act.expectations]
    expectations = acts + [habit.expectation for script in scripts for habit in script.habits]
    four = {"R01", "R03", "R05", "R10"}
    assert {item.rule_code for item in expectations if item.expected} == four
    assert {item.rule_code for item in expectations if not item.expected} == four


def test_short_stops_stay_short_so_that_only_the_overnight_parking_is_r10() -> None:
    acts = script_of(WORKDAY).acts
    stays = [leg.stay for act in acts for leg in act.legs if leg.stay is not None]
    assert all(stay < timedelta(minutes=30) for stay in stays)
    overnight = [act for act in acts if any(item.span is Span.PARKED for item in act.expectations)]
    assert [act.legs[-1].stay for act in overnight] == [None]
