"""The wire contract between a terminal and us (DESIGN §3), MQTT 5, topics of version 1.

Topics: mp/v1/{shard}/{terminal}/fix | event | status | ack | command.
A payload of `fix` is one Fix or an array of them, JSON or MessagePack (content type application/msgpack).
"""

from __future__ import annotations

import hashlib
import struct
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

TOPIC_PREFIX = "mp/v1"

Longitude = Annotated[float, Meta(ge=-180, le=180)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Sequence = Annotated[int, Meta(ge=0, lt=2**53)]
Boot = Annotated[int, Meta(ge=0, lt=2**31)]
Bits = Annotated[int, Meta(ge=0, lt=2**32)]
EpochMs = Annotated[int, Meta(ge=0, lt=2**53)]
"""Milliseconds since 1970-01-01T00:00:00Z."""


class Fix(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One position of a vehicle as its terminal saw it."""

    time: EpochMs  # of the fix
    sent: EpochMs  # the terminal's own clock when it sent this
    boot: Boot  # grows with every start of the terminal; sequence numbers begin anew
    seq: Sequence
    oldest: Sequence  # the oldest sequence number of this boot that the terminal still holds unacknowledged
    lon: Longitude  # WGS-84
    lat: Latitude
    speed: Annotated[float, Meta(ge=0, le=500)]  # km/h
    heading: Annotated[float, Meta(ge=0, le=360)]  # degrees from north, clockwise
    fixed: bool
    altitude: Annotated[float, Meta(ge=-1000, le=10000)] | None = None  # metres
    odometer: Annotated[float, Meta(ge=0, le=10_000_000)] | None = None  # km
    ignition: bool | None = None
    energy: Annotated[float, Meta(ge=0, le=100)] | None = None  # per cent of tank or battery
    satellites: Annotated[int, Meta(ge=0, le=99)] | None = None
    hdop: Annotated[float, Meta(ge=0, le=100)] | None = None
    alarm: Bits = 0  # JT/T 808 alarm word
    status: Bits = 0  # JT/T 808 status word


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something a terminal tells besides positions: power cut, driver card, door."""

    time: EpochMs
    kind: Annotated[str, Meta(min_length=1, max_length=64)]
    detail: dict[str, str | int | float | bool] = {}


class Status(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sent on connect; the last will says `online: false`. Not retained."""

    online: bool
    firmware: Annotated[str, Meta(max_length=64)] = ""


class Ack(msgspec.Struct, frozen=True):
    """Us to the terminal: handled for good (stored, or put aside with its reason). It may forget these.

    Every sequence number of `boot` up to and including `upto`, and those of `ranges` (inclusive) beyond it.
    `upto` is -1 while the first message is outstanding.
    """

    boot: int
    upto: int
    ranges: list[tuple[int, int]] = []


def shard(terminal: str) -> str:
    """Fixed hash of the terminal id, two hex digits: lets workers own ranges of topics."""
    return hashlib.blake2b(terminal.encode(), digest_size=1).hexdigest()


def topic(terminal: str, kind: Literal["fix", "event", "status", "ack", "command"]) -> str:
    return f"{TOPIC_PREFIX}/{shard(terminal)}/{terminal}/{kind}"


def content_digest(fix: Fix) -> int:
    """Signed 64-bit digest of what the fix says, without when it was sent and under which number.

    Two messages with the same terminal, time and digest are one fix (DESIGN 4.1).
    """
    return digest_of(
        fix.lon, fix.lat, fix.speed, fix.heading, fix.fixed, fix.altitude, fix.odometer, fix.ignition,
        fix.energy, fix.satellites, fix.hdop, fix.alarm, fix.status,
    )  # fmt: skip


DIGEST_START = 0x6D6F746F72706F6F
DIGEST_FACTOR = 0x9E3779B97F4A7C15
SINGLE_PRECISION = frozenset({2, 3, 5, 8, 10})
"""Places in the content that are stored as real: speed, heading, altitude, energy, hdop."""
MISSING = float("nan")


def digest_of(*content: float | None) -> int:
    """`content_digest` of the columns of a stored row, from `lon` to `status` (docs/decisions/0007).

    Each number goes in as the eight bytes of a double, after what is stored as real was rounded to it; what
    is missing as NaN, -0 as 0. Contents that differ in one number never have the same digest.
    """
    digest = DIGEST_START
    for place, value in enumerate(content):
        number = MISSING if value is None else float(value)
        if place in SINGLE_PRECISION:
            (number,) = struct.unpack("<f", struct.pack("<f", number))
        digest ^= struct.unpack("<Q", struct.pack("<d", number + 0.0))[0]
        digest = digest * DIGEST_FACTOR & 0xFFFF_FFFF_FFFF_FFFF
        digest ^= digest >> 32
    return digest - 2**64 if digest >= 2**63 else digest


def epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
