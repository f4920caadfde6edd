"""R05 超速."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet.supervision.rules.r05_overspeed import OVERSPEED_ALARM, OverspeedParameters
from tests.fleet.supervision.cases_at_hand import context_of, found
from tests.fleet.supervision.drives import Drive


def steady(kmh: float, fixes: int = 20) -> Drive:
    """At exactly this speed in the middle of a slower trip."""
    drive = Drive(noise_m=1).park(30).drive(2_000, 40)
    first = len(drive.fixes)
    drive.drive(kmh / 3.6 * drive.interval_s * fixes, kmh)
    drive.fixes[first:] = [replace(fix, speed_kmh=kmh) for fix in drive.fixes[first:]]
    return drive.drive(2_000, 40).park(40)


@pytest.mark.parametrize(
    ("kmh", "severity"), [(66.0, "yellow"), (71.9, "yellow"), (72.0, "red"), (90.0, "red")]
)
def test_ten_per_cent_over_the_limit_is_found_and_twenty_is_red(kmh: float, severity: str) -> None:
    (finding,) = found("R05", context_of(steady(kmh), limit_kmh=60))

    assert finding.severity == severity
    assert finding.measures["max_speed_kmh"] == pytest.approx(kmh)
    assert finding.measures["limit_kmh"] == 60
    assert finding.measures["road"] == "中山路"
    assert len(finding.evidence.fixes) == 20 + 2 * 3


def test_a_little_less_than_ten_per_cent_is_none() -> None:
    assert not found("R05", context_of(steady(65.9), limit_kmh=60))


def test_a_single_fast_fix_is_none() -> None:
    drive = Drive().park(30).drive(3_000, 50)
    drive.fixes[-10] = replace(drive.fixes[-10], speed_kmh=95.0)

    assert not found("R05", context_of(drive.park(40), limit_kmh=60))


def test_without_a_matched_road_120_is_the_limit() -> None:
    assert not found("R05", context_of(steady(131)))
    (finding,) = found("R05", context_of(steady(132)))
    assert finding.measures["limit_source"] == "assumed"


def test_fixes_of_poor_quality_do_not_count() -> None:
    drive = steady(90)
    drive.fixes = [replace(fix, satellites=3) if fix.speed_kmh == 90 else fix for fix in drive.fixes]

    assert not found("R05", context_of(drive, limit_kmh=60))


def test_bursts_within_ten_minutes_are_one_finding() -> None:
    drive = Drive(noise_m=1).park(30)
    for _ in range(3):
        drive.drive(2_000, 50).drive(1_000, 80)
    drive.drive(2_000, 50).park(40)

    (finding,) = found("R05", context_of(drive, limit_kmh=60))

    assert finding.measures["max_speed_kmh"] == pytest.approx(80, abs=4)


def test_merged_bursts_show_the_worst_moment_and_never_mix_two() -> None:
    """120 km/h where 108 is allowed and 72 where 60 is must not become 120 where 60 is allowed."""
    drive = Drive(noise_m=1).park(30)
    context = context_of(drive.drive(2_000, 120).drive(2_000, 50).drive(1_000, 72).park(40), limit_kmh=60)
    (trip,) = context.timeline.trips
    fast = [fix.speed_kmh > 100 for fix in context.timeline.fixes[trip.first : trip.last + 1]]
    limits = replace(context.limits[trip.start], limits_kmh=tuple(108.0 if each else 60.0 for each in fast))

    (finding,) = found("R05", replace(context, limits={trip.start: limits}))

    assert finding.measures["limit_kmh"] == 60
    assert finding.measures["max_speed_kmh"] == pytest.approx(72, abs=4)


def test_the_alarm_of_the_terminal_counts_above_the_limit() -> None:
    drive = steady(64)
    drive.fixes = [replace(fix, alarm=OVERSPEED_ALARM) if fix.speed_kmh == 64 else fix for fix in drive.fixes]

    (finding,) = found("R05", context_of(drive, limit_kmh=60))

    assert finding.measures["limit_source"] == "terminal"


def test_parameters_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="red_share"):
        OverspeedParameters(over_share=0.3, red_share=0.2)
