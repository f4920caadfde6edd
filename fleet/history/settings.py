"""What the history of fixes can be told, from environment variables `MOTORPOOL_*`."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from fleet.settings import Settings


class HistorySettings(Settings):
    """Horizons (DOMAIN: tracks at least 6 months, findings and their handling at least 3 years).

    How long tracks are kept is `MOTORPOOL_TRACK_RETENTION_DAYS`, which ingest shares: what it would not
    keep, it does not take.
    """

    pack_after_hours: int = Field(default=48, ge=1)
    """A UTC day of a terminal is packed this long after its end (business hours)."""
    evidence_hold_days: int = Field(default=1_096, ge=1_096)
    """Tracks around a finding are kept this long; those around an open case until it is closed."""
    minute_retention_days: int = Field(default=1_827, ge=183)
    """How long the minutes of vehicles are kept."""
    chunk_target_mb: int = Field(default=2_048, ge=64)
    """A chunk of `position` with its index should not outgrow this: at most a quarter of the memory."""

    @property
    def pack_after(self) -> timedelta:
        return timedelta(hours=self.pack_after_hours)

    @property
    def track_retention(self) -> timedelta:
        return timedelta(days=self.track_retention_days)

    @property
    def evidence_hold(self) -> timedelta:
        return timedelta(days=self.evidence_hold_days)

    @property
    def minute_retention(self) -> timedelta:
        return timedelta(days=self.minute_retention_days)
