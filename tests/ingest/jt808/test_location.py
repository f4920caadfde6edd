"""Locations, their items, and what becomes of them in the wire contract."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.jt808.bcd import read_time
from ingest.jt808.errors import ShortBodyError
from ingest.jt808.flags import ALARM_BITS, COORDINATES_ENCRYPTED, FIXED, SOUTH, STATUS_BITS, WEST, named
from ingest.jt808.items import read_extras
from ingest.jt808.location import Item, Location, read_location, write_location
from ingest.jt808.translate import fix_of
from schemas.telemetry import content_digest
from tests.ingest.jt808.conftest import location
from tests.ingest.jt808.wire import locations, unhurried
from tests.ingest.world import NOON


@unhurried
@given(locations())
def test_a_location_that_is_written_is_read_again(location: Location) -> None:
    assert read_location(write_location(location)) == location


@unhurried
@given(base=locations(), tail=st.binary(max_size=60))
def test_a_broken_tail_never_costs_the_location(base: Location, tail: bytes) -> None:
    """And nothing of the tail is lost: it is written again byte for byte."""
    bare = msgspec.structs.replace(base, items=())

    read = read_location(write_location(bare) + tail)

    assert msgspec.structs.replace(read, items=(), trailing=b"") == bare
    assert write_location(read) == write_location(bare) + tail


def test_a_location_shorter_than_its_base_is_refused() -> None:
    with pytest.raises(ShortBodyError, match="needs 28 bytes, 27 are left"):
        read_location(bytes(27))


def test_hemispheres_come_from_the_status_word_or_from_twos_complement() -> None:
    by_bits = location(status=SOUTH | WEST, latitude=-12.5, longitude=-100.25)
    by_sign = location(status=0, latitude=-12.5, longitude=-100.25)

    assert read_location(write_location(by_bits)) == by_bits
    assert read_location(write_location(by_sign)) == by_sign


def test_times_are_beijing_time_and_those_that_are_none_are_none() -> None:
    assert read_time(bytes.fromhex("260311120000")) == datetime(2026, 3, 11, 4, tzinfo=UTC)
    assert read_time(bytes(6)) is None
    assert read_time(bytes.fromhex("2603ff120000")) is None
    assert read_time(bytes.fromhex("260230120000")) is None


def test_items_have_the_units_of_the_standard() -> None:
    extras = read_extras(
        [
            Item(0x01, b"\0\0\x2f\x0d"),
            Item(0x02, b"\x01\x2c"),
            Item(0x06, b"\xff\xf6"),
            Item(0x11, b"\0"),
            Item(0x2B, b"\0\x02\0\x01"),
            Item(0x30, b"\x1f"),
            Item(0x31, b"\x0e"),
            Item(0x01, b"\0"),
            Item(0xE1, b"x"),
        ]
    )

    assert (extras.mileage, extras.fuel, extras.cabin_temperature) == (1204.5, 30.0, -10)
    assert extras.overspeed is not None and extras.overspeed.area_id is None
    assert (extras.analog, extras.rssi, extras.satellites) == ([1, 2], 31, 14)
    assert extras.unknown_items == [Item(0x01, b"\0"), Item(0xE1, b"x")]


def test_bits_have_the_names_of_the_standard() -> None:
    assert named(1 << 8 | 1 << 23, ALARM_BITS) == ["main_power_lost", "off_route"]
    assert named(0b11 | 1 << 31, STATUS_BITS) == ["acc_on", "fixed", "bit_31"]


def test_the_same_location_is_the_same_fix_whenever_and_under_whatever_number_it_comes() -> None:
    """Invariant 1: the key is terminal, time and content."""
    live = fix_of(location(), NOON, NOON, boot=7, seq=1)
    again = fix_of(location(), NOON, datetime(2026, 3, 12, tzinfo=UTC), boot=8, seq=400)

    assert content_digest(live) == content_digest(again)


def test_coordinates_that_a_security_module_has_shifted_do_not_count_as_a_fix() -> None:
    assert fix_of(location(status=FIXED), NOON, NOON, 1, 1).fixed
    assert not fix_of(location(status=FIXED | COORDINATES_ENCRYPTED), NOON, NOON, 1, 1).fixed
    assert not fix_of(location(status=0), NOON, NOON, 1, 1).fixed


def test_heights_below_the_sea_are_negative() -> None:
    assert fix_of(location(altitude=65_536 - 154), NOON, NOON, 1, 1).altitude == -154
    assert fix_of(location(altitude=8_848), NOON, NOON, 1, 1).altitude == 8_848
