"""Rows as the tables hold them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from schemas.telemetry import Event, Fix, content_digest

PG_EPOCH_MS = 946_684_800_000
"""2000-01-01, from which PostgreSQL counts its microseconds."""


class PositionRow(NamedTuple):
    """A row of `position`, in column order; times in PostgreSQL's own microseconds, ready for binary COPY."""

    terminal_id: int
    time: int
    digest: int
    sent_at: int
    received_at: int
    boot: int
    seq: int
    lon: float
    lat: float
    speed_kmh: float
    heading_deg: float
    altitude_m: float | None
    odometer_km: float | None
    ignition: bool | None
    energy_pct: float | None
    satellites: int | None
    hdop: float | None
    fixed: bool
    alarm: int
    status: int


class EventRow(NamedTuple):
    """A row of `terminal_event`."""

    terminal_id: int
    received_at: datetime
    event: Event


def position_row(terminal_id: int, fix: Fix, received_ms: int) -> PositionRow:
    """The row of a fix received at `received_ms` (ms since 1970)."""
    return PositionRow(
        terminal_id,
        (fix.time - PG_EPOCH_MS) * 1000,
        content_digest(fix),
        (fix.sent - PG_EPOCH_MS) * 1000,
        (received_ms - PG_EPOCH_MS) * 1000,
        fix.boot,
        fix.seq,
        fix.lon,
        fix.lat,
        fix.speed,
        fix.heading,
        fix.altitude,
        fix.odometer,
        fix.ignition,
        fix.energy,
        fix.satellites,
        fix.hdop,
        fix.fixed,
        fix.alarm,
        fix.status,
    )
