"""The location of 0x0200, which 0x0201, 0x0704, 0x0801 and 0x0802 carry too."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from ingest.jt808.bcd import read_time, write_time
from ingest.jt808.errors import FieldError, ShortBodyError
from ingest.jt808.flags import SOUTH, WEST
from ingest.jt808.header import Version
from ingest.jt808.layout import Reader

BASE = struct.Struct(">IIIIHHH6s")
MICRO = 1_000_000
SIGN = 1 << 31


class Item(msgspec.Struct, frozen=True):
    """One additional item as it came; `items.py` knows what some of them mean."""

    id: int
    data: bytes


class Location(msgspec.Struct, frozen=True):
    """Where a vehicle was. WGS-84."""

    alarm: int  # bits, flags.ALARM_BITS
    status: int  # bits, flags.STATUS_BITS
    latitude: float  # degrees, south negative
    longitude: float  # degrees, west negative
    altitude: int  # metres
    speed: float  # km/h
    direction: int  # degrees from north, clockwise
    time: datetime | None  # UTC; None if the terminal's clock was not set
    items: tuple[Item, ...] = ()
    trailing: bytes = b""  # after the last readable item


def read_location(data: bytes) -> Location:
    """Raises ShortBodyError. A broken tail of items costs the items behind the break, never the location."""
    if len(data) < BASE.size:
        raise ShortBodyError(f"A location needs {BASE.size} bytes, {len(data)} are left")
    alarm, status, latitude, longitude, altitude, speed, direction, time = BASE.unpack_from(data)
    items, trailing = _read_items(data[BASE.size :])
    return Location(
        alarm=alarm,
        status=status,
        latitude=_degrees(latitude, bool(status & SOUTH)),
        longitude=_degrees(longitude, bool(status & WEST)),
        altitude=altitude,
        speed=speed / 10,
        direction=direction,
        time=read_time(time),
        items=items,
        trailing=trailing,
    )


def write_location(location: Location) -> bytes:
    """The status bits must say the hemispheres (`status_with_hemispheres`). Raises FieldError."""
    try:
        base = BASE.pack(
            location.alarm,
            location.status,
            _micro(location.latitude, bool(location.status & SOUTH)),
            _micro(location.longitude, bool(location.status & WEST)),
            location.altitude,
            round(location.speed * 10),
            location.direction,
            write_time(location.time),
        )
    except struct.error as error:
        raise FieldError(f"A location cannot say this: {error}") from error
    return base + b"".join(_write_item(item) for item in location.items) + location.trailing


def status_with_hemispheres(status: int, latitude: float, longitude: float) -> int:
    """The status word with its south and west bits as the signs of degrees say."""
    status &= ~(SOUTH | WEST)
    return status | (SOUTH if latitude < 0 else 0) | (WEST if longitude < 0 else 0)


def _degrees(raw: int, negative: bool) -> float:
    """Of millionths. Some terminals say south and west in two's complement, without the status bit."""
    if raw >= SIGN:
        return (raw - 2 * SIGN) / MICRO
    return (-raw if negative else raw) / MICRO


def _micro(degrees: float, negative: bool) -> int:
    millionths = round(degrees * MICRO)
    return abs(millionths) if negative else millionths & (2 * SIGN - 1)


def _read_items(data: bytes) -> tuple[tuple[Item, ...], bytes]:
    items: list[Item] = []
    at = 0
    while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
        end = at + 2 + data[at + 1]
        items.append(Item(data[at], data[at + 2 : end]))
        at = end
    return tuple(items), data[at:]


def _write_item(item: Item) -> bytes:
    if len(item.data) > 255:
        raise FieldError(f"Item {item.id:#04x} has {len(item.data)} bytes; at most 255 fit")
    return bytes([item.id, len(item.data)]) + item.data


class _Whole:
    """All that is left is one location with its items."""

    def read(self, reader: Reader) -> Location:
        return read_location(reader.rest())

    def write(self, value: Location, _version: Version) -> bytes:
        return write_location(value)


class _Base:
    """A location without items."""

    def read(self, reader: Reader) -> Location:
        return read_location(reader.take(BASE.size))

    def write(self, value: Location, _version: Version) -> bytes:
        return write_location(value)


class _Batch:
    """Locations, each with its length in front."""

    def read(self, reader: Reader) -> tuple[Location, ...]:
        found = []
        while reader.left:
            found.append(read_location(reader.take(reader.number(2))))
        return tuple(found)

    def write(self, value: Sequence[Location], _version: Version) -> bytes:
        written = [write_location(location) for location in value]
        return b"".join(len(data).to_bytes(2, "big") + data for data in written)


WholeLocation = Annotated[Location, _Whole()]
BareLocation = Annotated[Location, _Base()]
LocationBatch = Annotated[tuple[Location, ...], _Batch()]
