"""Trips and stays from fixes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.supervision.geometry import distance_m
from fleet.supervision.timeline import Timeline
from fleet.supervision.tracks import Quality
from fleet.supervision.trips import TripParameters, detect
from tests.fleet.supervision.drives import BAY, Drive


def later(drive: Drive) -> datetime:
    return drive.time + timedelta(hours=5)


def trips_of(drive: Drive) -> Timeline:
    return detect(drive.fixes, later(drive))


def test_a_drive_between_two_parkings_is_one_trip_from_the_first_movement_to_the_last() -> None:
    drive = Drive().park(30).idle(60)
    left = drive.time
    drive.drive(8_000, 50).drive(4_000, 50, 90)
    arrived = drive.time
    drive.park(40)

    (trip,) = trips_of(drive).trips

    assert trip.closed
    assert abs(trip.start - left) <= timedelta(seconds=20)
    assert abs(trip.end - arrived) <= timedelta(seconds=20)
    assert trip.distance_km == pytest.approx(12, rel=0.03)
    assert trip.moving_s == pytest.approx(12 / 50 * 3600, rel=0.05)
    assert trip.confidence > 0.95


def test_without_a_wired_ignition_place_and_time_decide() -> None:
    drive = Drive(wired=False).park(30).drive(5_000, 40).park(30).drive(5_000, 40, 180).park(30)

    assert len(trips_of(drive).trips) == 2


def test_a_red_light_and_a_short_ignition_cycle_do_not_split_a_trip() -> None:
    drive = (
        Drive().park(30).drive(3_000, 45).idle(150).drive(2_000, 45).park(0.5, 10).drive(2_000, 45).park(30)
    )

    assert len(trips_of(drive).trips) == 1


def test_waiting_with_the_engine_on_is_a_stay_in_the_end() -> None:
    drive = Drive().park(30).drive(3_000, 45).idle(900).drive(3_000, 45).park(30)

    assert len(trips_of(drive).trips) == 2


def test_a_tunnel_is_bridged() -> None:
    drive = Drive().park(30).drive(4_000, 60).silent(4, 4_000).drive(4_000, 60).park(30)

    (trip,) = trips_of(drive).trips

    assert trip.distance_km == pytest.approx(12, rel=0.03)
    assert len(trip.gaps) == 1
    assert trip.confidence < 0.95


def test_a_car_that_stood_somewhere_without_signal_made_two_trips() -> None:
    drive = Drive().park(30).drive(4_000, 60).silent(90, 3_000).drive(4_000, 60).park(30)

    timeline = trips_of(drive)

    assert len(timeline.trips) == 2
    assert [stay.unseen for stay in timeline.stays] == [False, True, False]


def test_a_move_that_nobody_saw_is_a_trip_of_little_confidence() -> None:
    drive = Drive().park(30).silent(60, 6_000).park(30)

    (trip,) = trips_of(drive).trips

    assert trip.confidence < 0.5
    assert trip.distance_km == pytest.approx(6, rel=0.05)


def test_a_parked_car_in_an_urban_canyon_never_drives() -> None:
    drive = Drive(noise_m=12)
    for turn in range(60):
        drive.park(15).stray(90 + turn * 3, heading_deg=turn * 37, engine=False)
        drive.stray(120, heading_deg=turn * 11, engine=False, kmh=6)

    timeline = trips_of(drive)

    assert timeline.trips == ()
    assert Quality.DRIFT in timeline.flags


def test_moving_the_car_in_its_yard_is_no_trip_and_does_not_make_the_next_one_early() -> None:
    drive = Drive().park(60).drive(70, 12).park(600)
    left = drive.time
    drive.drive(5_000, 40).park(30)

    (trip,) = trips_of(drive).trips

    assert left - trip.start <= timedelta(minutes=1)


def test_jumps_under_way_are_flagged_and_add_no_distance() -> None:
    drive = (
        Drive()
        .park(30)
        .drive(3_000, 40)
        .stray(900)
        .drive(3_000, 40)
        .stray(2_500, 200)
        .drive(3_000, 40)
        .park(30)
    )

    timeline = trips_of(drive)

    assert timeline.flags.count(Quality.JUMP) == 2
    assert timeline.trips[0].distance_km == pytest.approx(9, rel=0.04)


def test_fixes_without_a_position_count_for_nothing() -> None:
    drive = Drive().park(30).drive(3_000, 40).unfixed(12).park(30)

    timeline = trips_of(drive)

    assert timeline.flags.count(Quality.NOT_FIXED) == 12
    assert len(timeline.trips) == 1


def test_a_towed_car_moves_with_its_engine_off() -> None:
    drive = Drive().park(30)
    for _ in range(20):
        drive.silent(1, 400).park(0.1)
    drive.park(30)

    assert len(trips_of(drive).trips) == 1


def test_a_trip_is_open_until_the_car_stood_and_closed_after_a_long_silence() -> None:
    drive = Drive().park(30).drive(3_000, 40)
    last = drive.fixes[-1].time

    driving = detect(drive.fixes, last + timedelta(minutes=2))
    given_up = detect(drive.fixes, last + timedelta(hours=1))

    assert [trip.closed for trip in driving.trips] == [False]
    assert driving.look_again == last + timedelta(hours=1)
    assert [trip.closed for trip in given_up.trips] == [True]
    assert given_up.trips[0].end == last


def test_a_sleeping_terminal_ends_its_trip_soon_when_the_engine_was_off() -> None:
    drive = Drive().park(30).drive(3_000, 40).park(0.1)

    timeline = detect(drive.fixes, drive.fixes[-1].time + timedelta(minutes=10))

    assert timeline.trips[0].closed
    assert not timeline.stays[-1].unseen


def test_data_that_begin_on_the_way_make_a_truncated_trip() -> None:
    drive = Drive().drive(3_000, 40).park(30)

    (trip,) = trips_of(drive).trips

    assert trip.truncated
    assert trip.confidence <= 0.8


def test_the_park_anchor_is_where_the_car_stood() -> None:
    timeline = trips_of(Drive(noise_m=8).park(60).drive(3_000, 40).park(30))

    assert distance_m(timeline.stays[0].spot, BAY) < 10


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="radius_m must be positive"):
        TripParameters(radius_m=0)
