"""Timetables of a fixed sequence: the earliest that keeps windows and rides, or none."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dispatch.runs import StopKind
from dispatch.schedule import Ride, earliest_starts
from dispatch.visits import Visit


def visit(earliest: int, latest: int, service: int = 0) -> Visit:
    return Visit("Q", StopKind.PICKUP, 0, earliest, latest, service)


def test_service_begins_when_the_car_is_there_and_the_window_is_open() -> None:
    assert earliest_starts([visit(0, 99, 5), visit(50, 99)], [10, 20], 0, []) == [10, 50]


def test_people_are_picked_up_later_rather_than_ride_too_long() -> None:
    starts = earliest_starts([visit(0, 99, 5), visit(80, 99)], [10, 20], 0, [Ride(0, 1, 30)])

    assert starts == [45, 80]


def test_there_is_no_timetable_when_the_pick_up_cannot_wait_that_long() -> None:
    assert earliest_starts([visit(0, 40, 5), visit(80, 99)], [10, 20], 0, [Ride(0, 1, 30)]) is None


def test_there_is_no_timetable_when_the_car_comes_too_late() -> None:
    assert earliest_starts([visit(0, 9)], [10], 0, []) is None


windows = st.tuples(st.integers(0, 60), st.integers(0, 40)).map(lambda w: (w[0], w[0] + w[1]))


@given(
    spans=st.lists(windows, min_size=2, max_size=6),
    leg=st.integers(0, 15),
    service=st.integers(0, 4),
    limits=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 30)), max_size=3),
)
def test_the_timetable_is_the_earliest_of_all_that_keep_every_limit(
    spans: list[tuple[int, int]], leg: int, service: int, limits: list[tuple[int, int, int]]
) -> None:
    """Compared with longest paths over the same limits, relaxed until nothing changes (or for ever)."""
    visits = [visit(first, last, service) for first, last in spans]
    last = len(visits) - 1
    rides = [Ride(min(a, b, last - 1), min(max(a, b, 1), last), most) for a, b, most in limits]
    rides = [r for r in rides if r.on < r.off]

    assert earliest_starts(visits, [leg] * len(visits), 0, rides) == longest_paths(visits, leg, rides)


def longest_paths(visits: list[Visit], leg: int, rides: list[Ride]) -> list[int] | None:
    starts = [v.earliest for v in visits]
    starts[0] = max(starts[0], leg)
    edges = [(a, b, visits[a].service_s + leg) for a, b in pairwise(range(len(visits)))]
    edges += [(r.off, r.on, -r.limit_s - visits[r.on].service_s) for r in rides]
    for _ in range(len(visits) * 200):
        for a, b, least in edges:
            starts[b] = max(starts[b], starts[a] + least)
    kept = all(starts[b] >= starts[a] + least for a, b, least in edges)
    inside = all(s <= v.latest for s, v in zip(starts, visits, strict=True))
    return starts if kept and inside else None
