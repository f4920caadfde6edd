"""R10 未归位停放."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.supervision.context import Booking
from fleet.supervision.evaluation import evaluate
from fleet.supervision.rules.catalogue import BY_CODE
from tests.fleet.supervision.cases_at_hand import context_of, found, minutes, order
from tests.fleet.supervision.drives import MORNING, Drive

EVENING = datetime(2026, 3, 11, 12, 30, tzinfo=UTC)  # 20:30 in Asia/Shanghai


def away(parked_min: float, metres: float = 3_000, start: datetime = MORNING) -> Drive:
    """Drives off after 30 minutes and parks away from its bay."""
    return Drive(time=start, noise_m=1, interval_s=5).park(30).drive(metres, 40).park(parked_min)


def test_an_hour_after_the_trip_the_car_should_be_in_its_bay() -> None:
    drive = away(75)

    (finding,) = found("R10", context_of(drive))

    assert finding.severity == "yellow"
    assert finding.provisional
    assert finding.measures["distance_m"] == pytest.approx(3_000, rel=0.05)


def test_before_that_hour_it_waits_and_says_when_to_look_again() -> None:
    drive = away(50)
    context = context_of(drive)
    stay = context.timeline.stays[-1]

    verdict = evaluate(context, [BY_CODE["R10"]])

    assert not verdict.findings
    assert stay.start + minutes(60) in verdict.look_again


def test_the_moment_of_looking_decides_not_the_last_fix() -> None:
    drive = away(50)

    assert found("R10", context_of(drive, as_of=drive.time + minutes(20)))


def test_two_hundred_metres_from_the_bay_are_close_enough() -> None:
    assert not found("R10", context_of(away(200, metres=190)))


def test_driving_on_in_time_is_none() -> None:
    assert not found("R10", context_of(away(55).drive(3_000, 40, 180).park(30)))


def test_at_22_00_it_is_red_without_waiting_for_the_hour() -> None:
    drive = away(50, start=EVENING)  # parked at about 21:04

    assert not found("R10", context_of(drive, as_of=EVENING + minutes(89)))
    (finding,) = found("R10", context_of(drive, as_of=EVENING + minutes(91)))
    assert finding.severity == "red"


def test_a_car_that_stays_away_overnight_turns_red() -> None:
    drive = away(14 * 60)

    (finding,) = found("R10", context_of(drive))

    assert finding.severity == "red"


def test_an_engine_on_is_no_parking() -> None:
    drive = Drive(noise_m=1).park(30).drive(3_000, 40).idle(2 * 3600)

    assert not found("R10", context_of(drive))


def test_waiting_during_an_order_is_none() -> None:
    orders = [order(MORNING + minutes(20), MORNING + minutes(240))]

    assert not found("R10", context_of(away(150), orders=orders))


def test_after_the_order_it_has_an_hour_to_come_home() -> None:
    orders = [order(MORNING + minutes(20), MORNING + minutes(120))]
    drive = away(300)

    assert not found("R10", context_of(drive, orders=orders, as_of=MORNING + minutes(179)))
    assert found("R10", context_of(drive, orders=orders, as_of=MORNING + minutes(181)))


def test_an_order_nobody_ended_keeps_the_car() -> None:
    assert not found("R10", context_of(away(600), orders=[order(MORNING, None)]))


def test_parked_in_another_depot_explains_itself() -> None:
    drive = away(90)

    (finding,) = found("R10", context_of(drive, depots=[drive.spot]))

    assert finding.explained


def test_in_repair_explains_itself() -> None:
    bookings = [Booking("repair", MORNING, MORNING + timedelta(days=2))]

    (finding,) = found("R10", context_of(away(90), bookings=bookings))

    assert finding.explained
