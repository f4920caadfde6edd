from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.terminals.car import Car
from simulators.terminals.drive import Drive, Style, plan_drive
from simulators.terminals.roads import Road, distances_m

START = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)


def road(limits: list[float], turns: list[float]) -> Road:
    """A road of 300 m stretches with the given limits, bending by the given angles."""
    bearing, points = 0.0, [(117.9, 36.6)]
    for turn in turns[: len(limits)]:
        bearing += turn
        lon, lat = points[-1]
        points.append(
            (lon + 0.0033 * np.sin(np.radians(bearing)), lat + 0.0027 * np.cos(np.radians(bearing)))
        )
    lonlat = np.asarray(points)
    return Road(lonlat, distances_m(lonlat), np.asarray(limits), np.zeros(len(points), dtype=np.bool_))


roads = st.integers(2, 8).flatmap(
    lambda n: st.builds(
        road,
        st.lists(st.sampled_from([30.0, 50.0, 60.0, 80.0]), min_size=n, max_size=n),
        st.lists(st.floats(-100, 100), min_size=n, max_size=n),
    )
)


def drive_along(the_road: Road, share: float = 0.92) -> Drive:
    return plan_drive(the_road, Style(share), np.random.default_rng(1))


@settings(max_examples=60, deadline=None)
@given(roads)
def test_a_car_stays_below_its_share_of_the_legal_limit_and_arrives(the_road: Road) -> None:
    drive = drive_along(the_road)
    stretch = np.clip(
        np.searchsorted(drive.road_metres, drive.metres, side="right") - 1, 0, len(the_road.limits_kmh) - 1
    )

    assert np.all(drive.speeds * 3.6 <= the_road.limits_kmh[stretch] * 0.92 + 1e-6)
    assert np.all(np.diff(drive.seconds) > 0)
    assert drive.at(drive.duration_s)[4] == drive.length_m


@settings(max_examples=60, deadline=None)
@given(roads)
def test_speed_never_changes_faster_than_engine_and_brakes_allow(the_road: Road) -> None:
    drive = drive_along(the_road)

    change = np.diff(drive.speeds**2) / np.maximum(2 * np.diff(drive.metres), 1e-9)

    assert np.all(change[np.diff(drive.metres) > 0] <= 1.3 + 1e-6)
    assert np.all(change[np.diff(drive.metres) > 0] >= -1.9 - 1e-6)


def test_the_odometer_grows_by_the_length_of_the_road() -> None:
    drive = drive_along(road([50.0, 50.0], [0.0, 90.0]))
    car = Car("petrol", 117.9, 36.6, odometer_km=100.0, energy_pct=80.0)
    car.switch_ignition(START, on=True)

    arrival = car.depart(drive, START)
    there = car.truth(arrival + timedelta(seconds=5))

    assert there.odometer_km == 100.0 + drive.length_m / 1000
    assert there.speed_kmh == 0
    assert there.energy_pct < 80.0


def test_a_parked_car_stands_still_with_its_engine_off() -> None:
    car = Car("electric", 117.9, 36.6, odometer_km=1.0, energy_pct=50.0)

    later = car.truth(START + timedelta(hours=5))

    assert (later.lon, later.lat, later.speed_kmh, later.ignition) == (117.9, 36.6, 0.0, False)
