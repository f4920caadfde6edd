"""R01 无单用车."""

from __future__ import annotations

import pytest

from fleet.supervision.context import Booking
from tests.fleet.supervision.cases_at_hand import context_of, found, minutes, order
from tests.fleet.supervision.drives import BAY, MORNING, Drive


def outing() -> Drive:
    """Leaves 30 minutes after MORNING, drives for 12 minutes, parks."""
    return Drive().park(30).drive(6_000, 30).park(40)


def test_a_drive_without_any_order_is_found_with_its_evidence() -> None:
    context = context_of(outing())

    (finding,) = found("R01", context)

    assert finding.severity == "red"
    assert finding.start == context.timeline.trips[0].start
    assert not finding.explained
    assert not finding.provisional
    before = [fix for fix in finding.evidence.fixes if fix.time < finding.start]
    assert len(before) == 3
    assert finding.measures["total_distance_km"] == pytest.approx(6, rel=0.05)


def test_it_is_raised_while_the_car_is_still_driving() -> None:
    drive = Drive().park(30).drive(3_000, 40)

    (finding,) = found("R01", context_of(drive))

    assert finding.provisional


@pytest.mark.parametrize(
    ("starts", "ends", "covered"),
    [(0, 90, True), (-60, 16, True), (-60, 14, False), (71, 90, True), (75, 90, False)],
)
def test_an_order_covers_from_15_minutes_before_to_30_minutes_after_the_trip(
    starts: float, ends: float, covered: bool
) -> None:
    # The trip lasts from minute 30 to minute 42.
    orders = [order(MORNING + minutes(starts), MORNING + minutes(ends))]

    assert (not found("R01", context_of(outing(), orders=orders))) is covered


def test_an_order_under_way_covers_until_somebody_ends_it() -> None:
    assert not found("R01", context_of(outing(), orders=[order(MORNING - minutes(300), None)]))


def test_less_than_50_metres_is_no_use() -> None:
    assert not found("R01", context_of(Drive(noise_m=1).park(30).drive(44, 10).park(40)))


def test_more_than_50_metres_is_use() -> None:
    assert found("R01", context_of(Drive(noise_m=1, interval_s=5).park(30).drive(130, 20).park(40)))


def test_drift_of_a_parked_car_is_no_use() -> None:
    drive = Drive(noise_m=15).park(120)
    for heading in range(0, 360, 30):
        drive.stray(150, heading, engine=False, kmh=7).park(20)

    assert not found("R01", context_of(drive))


def test_an_exempt_vehicle_is_left_alone() -> None:
    assert not found("R01", context_of(outing(), exempt=True))


def test_shunting_within_the_depot_explains_itself() -> None:
    drive = Drive(interval_s=5).park(30).drive(150, 15).park(40)

    (finding,) = found("R01", context_of(drive, depots=[BAY]))

    assert finding.explained


def test_a_repair_booking_explains_it() -> None:
    bookings = [Booking("repair", MORNING, MORNING + minutes(600))]

    (finding,) = found("R01", context_of(outing(), bookings=bookings))

    assert finding.explained


def test_an_order_that_ended_shortly_before_is_shown_but_does_not_clear() -> None:
    orders = [order(MORNING - minutes(60), MORNING)]

    (finding,) = found("R01", context_of(outing(), orders=orders))

    shown = {tried.code: tried for tried in finding.explanations}
    assert shown["order_shortly_before"].holds
    assert not finding.explained


def test_two_drives_with_a_short_stop_between_are_one_finding() -> None:
    drive = Drive().park(30).drive(6_000, 40).park(8).drive(6_000, 40, 180).park(40)

    context = context_of(drive)
    (finding,) = found("R01", context)

    assert len(context.timeline.trips) == 2
    assert finding.measures["total_distance_km"] == pytest.approx(12, rel=0.05)


def test_two_drives_with_a_longer_stop_between_are_two_findings() -> None:
    drive = Drive().park(30).drive(6_000, 40).park(15).drive(6_000, 40, 180).park(40)

    assert len(found("R01", context_of(drive))) == 2
