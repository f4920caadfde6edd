"""DESIGN §4.3 on the pure level: what comes out is a function of the data, whatever the order, and a pass
over the end of the data finds what a full pass finds there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.supervision.timeline import Trip
from fleet.supervision.tracks import Fix
from fleet.supervision.trips import detect
from tests.fleet.supervision.drives import Drive

Act = Callable[[Drive], Drive]

headings = st.integers(0, 359).map(float)
acts: st.SearchStrategy[Act] = st.one_of(
    st.floats(1, 90).map(lambda minutes: lambda drive: drive.park(minutes)),
    st.builds(
        lambda metres, kmh, heading: lambda drive: drive.drive(metres, kmh, heading),
        st.floats(30, 9_000), st.floats(4, 110), headings,
    ),
    st.integers(10, 900).map(lambda seconds: lambda drive: drive.idle(seconds)),
    st.builds(
        lambda minutes, metres, heading: lambda drive: drive.silent(minutes, metres, heading),
        st.floats(0.5, 120), st.floats(0, 20_000), headings,
    ),
    st.builds(
        lambda metres, heading, engine: lambda drive: drive.stray(metres, heading, engine),
        st.floats(40, 3_000), headings, st.booleans(),
    ),
    st.integers(1, 10).map(lambda count: lambda drive: drive.unfixed(count)),
)  # fmt: skip


@st.composite
def recordings(draw: st.DrawFn) -> list[Fix]:
    drive = Drive(
        wired=draw(st.booleans()),
        noise_m=draw(st.sampled_from([0.0, 4.0, 15.0])),
        interval_s=draw(st.sampled_from([5, 10, 30])),
        seed=draw(st.integers(0, 1000)),
    )
    for act in draw(st.lists(acts, min_size=2, max_size=14)):
        act(drive)
    drive.park(2)
    return drive.fixes


def results_of(trip: Trip) -> tuple[object, ...]:
    """A trip without the indices, which count from the first fix of a pass."""
    return (
        trip.start, trip.end, trip.closed, trip.start_spot, trip.end_spot, trip.distance_km, trip.moving_s,
        trip.max_speed_kmh, trip.confidence, trip.gaps, trip.digest, trip.resume_from, trip.settled_at,
    )  # fmt: skip


@given(recordings(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_and_repetition_leave_no_trace(fixes: list[Fix], random: Random) -> None:
    shuffled = fixes + random.choices(fixes, k=len(fixes) // 3)
    random.shuffle(shuffled)
    as_of = fixes[-1].time + timedelta(minutes=5)

    assert detect(shuffled, as_of) == detect(fixes, as_of)


@given(recordings())
@settings(max_examples=80, deadline=None)
def test_trips_and_stays_alternate_and_never_overlap(fixes: list[Fix]) -> None:
    timeline = detect(fixes, fixes[-1].time + timedelta(minutes=5))

    pieces = sorted(
        [(trip.start, trip.end, "trip") for trip in timeline.trips]
        + [(stay.start, stay.end or timeline.fixes[-1].time, "stay") for stay in timeline.stays]
    )
    assert all(end == start and kind != other for (_, end, kind), (start, _, other) in pairwise(pieces))
    assert all(trip.start < trip.end for trip in timeline.trips)


@given(recordings())
@settings(max_examples=100, deadline=None)
def test_reading_from_a_resume_point_finds_the_rest_of_a_full_pass(fixes: list[Fix]) -> None:
    as_of = fixes[-1].time + timedelta(minutes=5)
    full = detect(fixes, as_of)

    for trip in (trip for trip in full.trips if trip.resume_from is not None):
        resumed = detect([fix for fix in fixes if fix.time >= trip.resume_from], as_of)

        assert [results_of(found) for found in resumed.trips] == [
            results_of(found) for found in full.trips if found.start >= trip.end
        ]
        assert [(stay.start, stay.end, stay.spot) for stay in resumed.stays] == [
            (stay.start, stay.end, stay.spot) for stay in full.stays if stay.start >= trip.end
        ]


@given(recordings(), st.data())
@settings(max_examples=80, deadline=None)
def test_late_fixes_after_a_settled_moment_change_nothing_before_it(
    fixes: list[Fix], data: st.DataObject
) -> None:
    kept = data.draw(st.integers(1, len(fixes)), label="fixes known at first")
    early = detect(fixes[:kept], fixes[kept - 1].time + timedelta(minutes=5))
    full = detect(fixes, fixes[-1].time + timedelta(minutes=5))

    settled = [trip for trip in early.trips if trip.settled_at is not None]
    assert [results_of(trip) for trip in full.trips[: len(settled)]] == [results_of(trip) for trip in settled]
