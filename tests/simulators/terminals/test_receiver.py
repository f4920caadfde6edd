from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from simulators.terminals.car import Truth
from simulators.terminals.receiver import Receiver, Sky
from simulators.terminals.roads import distances_m

START = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
TUNNEL = [(117.90, 36.60), (117.91, 36.60)]
CANYON = [(117.95, 36.65), (117.96, 36.65), (117.96, 36.66), (117.95, 36.66)]


def receiver() -> Receiver:
    return Receiver(Sky([TUNNEL], [CANYON]), np.random.default_rng(5))


def truth(lon: float, lat: float) -> Truth:
    return Truth(lon, lat, 40.0, 90.0, 10.0, ignition=True, energy_pct=60.0)


def errors_m(one: Receiver, lon: float, lat: float) -> np.ndarray:
    readings = [one.read(truth(lon, lat), START + timedelta(seconds=10 * n)) for n in range(600)]
    pairs = [distances_m(np.asarray([(lon, lat), (r.lon, r.lat)]))[0] for r in readings]
    return np.asarray(pairs)


def test_under_open_sky_a_fix_is_within_the_15_metres_of_jt_t_794() -> None:
    assert np.quantile(errors_m(receiver(), 117.93, 36.62), 0.99) < 15


def test_between_high_buildings_some_fixes_jump_by_a_hundred_metres() -> None:
    errors = errors_m(receiver(), 117.955, 36.655)

    assert 0.005 < np.mean(errors > 80) < 0.1


def test_in_a_tunnel_there_is_no_fix_and_the_last_known_place_is_repeated() -> None:
    one = receiver()
    before = one.read(truth(117.899, 36.60), START)

    inside = one.read(truth(117.905, 36.60), START + timedelta(seconds=10))

    assert not inside.fixed
    assert (inside.lon, inside.lat) == (before.lon, before.lat)


def test_a_reading_is_made_of_plain_numbers_that_the_wire_takes() -> None:
    canyon = receiver()

    readings = [canyon.read(truth(117.955, 36.655), START + timedelta(seconds=n)) for n in range(200)]

    assert {type(value) for r in readings for value in (r.lon, r.lat, r.speed_kmh, r.heading_deg)} == {float}
