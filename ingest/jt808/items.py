"""What the additional items of a location mean (JT/T 808 table 27). Those not known here stay raw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ingest.jt808.location import Item


class Overspeed(msgspec.Struct, frozen=True):
    """Where a limit was broken: kind of area (0 none, 1 circle, 2 rectangle, 3 polygon, 4 route), its id."""

    area_type: int
    area_id: int | None


class AreaCrossing(msgspec.Struct, frozen=True):
    """An area or route entered (direction 0) or left (1)."""

    area_type: int
    area_id: int
    direction: int


class SegmentTime(msgspec.Struct, frozen=True):
    """A segment driven in too short (result 0) or too long (1) a time, seconds."""

    segment_id: int
    time: int
    result: int


class Extras(msgspec.Struct, omit_defaults=True):
    """Additional items by name; None where the terminal did not send it."""

    mileage: float | None = None  # km
    fuel: float | None = None  # litres
    recorder_speed: float | None = None  # km/h
    alarm_event: int | None = None  # id of an alarm that people must confirm
    tyre_pressures: list[int] | None = None  # Pa, 0xff where there is no wheel
    cabin_temperature: int | None = None  # degrees Celsius
    overspeed: Overspeed | None = None
    area: AreaCrossing | None = None
    segment: SegmentTime | None = None
    vehicle_signals: int | None = None  # bits
    io_status: int | None = None  # bits
    analog: list[int] | None = None  # AD0, AD1
    rssi: int | None = None
    satellites: int | None = None
    unknown_items: list[Item] | None = None


def read_extras(items: Iterable[Item]) -> Extras:
    """The last of a kind counts. An item of the wrong length is as good as unknown."""
    extras = Extras()
    unknown: list[Item] = []
    for item in items:
        known = READERS.get(item.id)
        if known is None or len(item.data) not in known[1]:
            unknown.append(item)
        else:
            name, _sizes, read = known
            setattr(extras, name, read(item.data))
    extras.unknown_items = unknown or None
    return extras


def mileage_item(kilometres: float) -> Item:
    return Item(0x01, round(kilometres * 10).to_bytes(4, "big"))


def satellites_item(satellites: int) -> Item:
    return Item(0x31, bytes([satellites]))


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _tenths(data: bytes) -> float:
    return _number(data) / 10


def _signed(data: bytes) -> int:
    """The standard only says that the highest bit means negative; terminals send two's complement."""
    return int.from_bytes(data, "big", signed=True)


def _overspeed(data: bytes) -> Overspeed:
    return Overspeed(data[0], _number(data[1:]) if len(data) > 1 else None)


def _area(data: bytes) -> AreaCrossing:
    return AreaCrossing(data[0], _number(data[1:5]), data[5])


def _segment(data: bytes) -> SegmentTime:
    return SegmentTime(_number(data[:4]), _number(data[4:6]), data[6])


def _analog(data: bytes) -> list[int]:
    """AD0 in the low half, AD1 in the high half."""
    return [_number(data[2:]), _number(data[:2])]


READERS: Final[dict[int, tuple[str, tuple[int, ...], Callable[[bytes], object]]]] = {
    0x01: ("mileage", (4,), _tenths),
    0x02: ("fuel", (2,), _tenths),
    0x03: ("recorder_speed", (2,), _tenths),
    0x04: ("alarm_event", (2,), _number),
    0x05: ("tyre_pressures", (30,), list),
    0x06: ("cabin_temperature", (2,), _signed),
    0x11: ("overspeed", (1, 5), _overspeed),
    0x12: ("area", (6,), _area),
    0x13: ("segment", (7,), _segment),
    0x25: ("vehicle_signals", (4,), _number),
    0x2A: ("io_status", (2,), _number),
    0x2B: ("analog", (4,), _analog),
    0x30: ("rssi", (1,), _number),
    0x31: ("satellites", (1,), _number),
}
