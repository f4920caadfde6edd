"""Travel times without a road network: how questions are packed, how lines are decoded."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.planning.router import decode_polyline
from fleet.planning.spots import Spot, straight_m
from fleet.planning.travel import PAIRS_AT_ONCE, estimate, rectangles

SPOTS = st.builds(Spot, st.integers(1_178_000, 1_180_000), st.integers(365_000, 367_000))


@given(st.sets(st.tuples(SPOTS, SPOTS).filter(lambda pair: pair[0] != pair[1]), max_size=60))
def test_the_rectangles_cover_every_missing_pair_once(pairs: set[tuple[Spot, Spot]]) -> None:
    asked = [(a, b) for sources, targets in rectangles(pairs) for a in sources for b in targets if a != b]
    assert sorted(asked) == sorted(pairs)


@given(st.sets(SPOTS, min_size=2, max_size=20))
def test_a_whole_square_is_one_question(spots: set[Spot]) -> None:
    assert len(list(rectangles({(a, b) for a in spots for b in spots if a != b}))) == 1


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 200), st.integers(1, 200))
def test_no_question_asks_for_more_than_allowed(sources: int, targets: int) -> None:
    pairs = {(Spot(i, 0), Spot(j, 1)) for i in range(sources) for j in range(targets)}
    assert all(len(a) * len(b) <= PAIRS_AT_ONCE for a, b in rectangles(pairs))


@given(SPOTS)
def test_a_spot_is_found_again_by_its_key(spot: Spot) -> None:
    assert Spot.of_key(spot.key) == spot


def test_a_degree_of_latitude_is_111_km() -> None:
    assert round(straight_m(Spot.at(117.9, 36.0), Spot.at(117.9, 37.0)) / 1000) == 111


def test_an_estimate_drives_25_km_an_hour_over_a_third_more_than_the_straight_line() -> None:
    a, b = Spot.at(117.90, 36.60), Spot.at(117.95, 36.60)
    leg = estimate(a, b)
    assert leg.metres == round(straight_m(a, b) * 1.35)
    assert abs(leg.seconds - leg.metres / (25 / 3.6)) <= 1


def test_a_polyline_of_six_decimals_is_decoded_as_longitude_and_latitude() -> None:
    # two points: 36.595000 N 117.904000 E, then 36.596500 N 117.905250 E
    assert decode_polyline("orqxdA_gh{_Fw|AcmA") == [(117.904, 36.595), (117.90525, 36.5965)]
