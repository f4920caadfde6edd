"""Rules beyond the shape: whose topic it is, what time may be stored, what text PostgreSQL can hold."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, cast

from ingest.message import Reason
from ingest.positions import Column
from schemas.telemetry import TOPIC_PREFIX, Event, Fix, shard

Kind = Literal["fix", "event", "status"]

TOPIC = re.compile(re.escape(TOPIC_PREFIX) + r"/([0-9a-f]{2})/([A-Za-z0-9_-]{1,32})/(fix|event|status)")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: earlier times come from clocks that were never set, and would open stray chunks."""
LATEST_STORABLE_MS = 253_402_300_799_000
"""9999-12-31: later ones fit PostgreSQL but no datetime of ours."""

Trouble: TypeAlias = tuple[Reason, str]
"""A reason and what was wrong."""


class Address(NamedTuple):
    """Who speaks, of what, and whether the topic is really the terminal's own."""

    terminal: str
    kind: Kind
    genuine: bool


@dataclass(frozen=True)
class Bounds:
    """What is accepted at a moment. Times in ms since 1970, UTC."""

    latest_ms: int
    max_payload_bytes: int
    earliest_ms: int = EARLIEST_MS
    """What is older would not be kept either: `earliest_kept`."""

    @classmethod
    def at(cls, now: datetime, future_tolerance_s: int, max_payload_bytes: int) -> Bounds:
        latest = now + timedelta(seconds=future_tolerance_s)
        return cls(milliseconds(latest), max_payload_bytes)


@lru_cache(
    maxsize=200_000
)  # a terminal's topics never change, and hashing costs more than the rest of the look-up
def address_of(topic: str) -> Address | None:
    """Reads mp/v1/{shard}/{terminal}/{kind}; None for any other topic."""
    match = TOPIC.fullmatch(topic)
    if match is None:
        return None
    terminal = match[2]
    return Address(terminal, cast(Kind, match[3]), shard(terminal) == match[1])


def trouble_with_time(time_ms: int, bounds: Bounds) -> Trouble | None:
    """A time that must not reach the hypertable."""
    if time_ms > bounds.latest_ms:
        return (
            "future",
            f"Time {_shown(time_ms)} is ahead of our clock; accepted up to {_shown(bounds.latest_ms)}",
        )
    if time_ms < bounds.earliest_ms:
        return (
            "too_old",
            f"Time {_shown(time_ms)} is before {_shown(bounds.earliest_ms)}, the oldest that is kept",
        )
    return None


def acceptable(time_ms: Column, sent_ms: Column, bounds: Bounds) -> Column:
    """Whether each pair of times may be stored; `trouble_with_fix` says what is wrong with the others."""
    return (time_ms <= bounds.latest_ms) & (time_ms >= bounds.earliest_ms) & (sent_ms <= LATEST_STORABLE_MS)


def trouble_with_fix(fix: Fix, bounds: Bounds) -> Trouble | None:
    if fix.sent > LATEST_STORABLE_MS:
        return "out_of_range", f"Sending time {fix.sent} ms is beyond the year 9999"
    return trouble_with_time(fix.time, bounds)


def earliest_kept(now: datetime, retention_days: int) -> int:
    """Ms since 1970 of the oldest fix that is worth taking."""
    return max(EARLIEST_MS, milliseconds(now - timedelta(days=retention_days)))


def trouble_with_event(event: Event, bounds: Bounds) -> Trouble | None:
    """PostgreSQL holds neither NUL in text nor a number that is not one."""
    if "\0" in event.kind:
        return "malformed", "A NUL character in the kind"
    for key, value in event.detail.items():
        if "\0" in key or (isinstance(value, str) and "\0" in value):
            return "malformed", f"A NUL character in detail {key!r}"
        if isinstance(value, float) and not math.isfinite(value):
            return "out_of_range", f"Detail {key!r} is {value}"
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            return "out_of_range", f"Detail {key!r} does not fit 64 bits"
    return trouble_with_time(event.time, bounds)


def moment(time_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime in UTC."""
    return EPOCH + timedelta(milliseconds=time_ms)


def milliseconds(at: datetime) -> int:
    """Since 1970, UTC."""
    return (at - EPOCH) // MILLISECOND


def _shown(time_ms: int) -> str:
    if time_ms > LATEST_STORABLE_MS:
        return f"{time_ms} ms"
    return f"{moment(time_ms):%Y-%m-%dT%H:%M:%SZ}"
