"""A fix in the words of JT/T 808: whole seconds, metres and degrees; neither tank nor HDOP. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from ingest.jt808.items import mileage_item, satellites_item
from ingest.jt808.layout import Body
from ingest.jt808.location import Location, status_with_hemispheres
from ingest.jt808.messages.reports import LocationBatchReport, LocationReport
from schemas.telemetry import Fix

FROM_A_BLIND_SPOT = 1
"""Type of a batch (0x0704): these could not be sent when they were taken (盲区补报)."""
LARGEST_BATCH = 25
"""Locations of 39 bytes, so that a batch fits one frame."""


def as_the_standard_says_it(fix: Fix) -> Fix:
    """The fix without what no message of the standard can carry: what is told is then what can be stored."""
    return msgspec.structs.replace(
        fix,
        time=fix.time // 1000 * 1000,
        heading=float(round(fix.heading) % 360),
        altitude=None if fix.altitude is None else float(round(fix.altitude)),
        odometer=None if fix.odometer is None else round(fix.odometer, 1),
        energy=None,
        hdop=None,
        status=status_with_hemispheres(fix.status, fix.lat, fix.lon),
    )


def location_of(fix: Fix) -> Location:
    return Location(
        alarm=fix.alarm,
        status=fix.status,
        latitude=fix.lat,
        longitude=fix.lon,
        altitude=round(fix.altitude or 0),
        speed=fix.speed,
        direction=round(fix.heading),
        time=datetime.fromtimestamp(fix.time // 1000, tz=UTC),
        items=(mileage_item(fix.odometer or 0), satellites_item(fix.satellites or 0)),
    )


def live_report(fix: Fix) -> Body:
    """0x0200, for a fix that was just taken."""
    return LocationReport(location_of(fix))


def late_reports(fixes: Iterable[Fix]) -> Iterator[tuple[Body, list[Fix]]]:
    """0x0704, for those that could not be sent in time or were not answered, with what each message says."""
    held = list(fixes)
    for start in range(0, len(held), LARGEST_BATCH):
        batch = held[start : start + LARGEST_BATCH]
        locations = tuple(location_of(fix) for fix in batch)
        yield LocationBatchReport(len(batch), FROM_A_BLIND_SPOT, locations), batch
