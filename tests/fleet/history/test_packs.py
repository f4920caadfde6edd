"""Days of terminals as packs of blocks: pure."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.history.errors import CorruptPackError
from fleet.history.fixes import Fixes, in_order, merged, microseconds
from fleet.history.packs import HOUR_US, repack, split, unpack_day
from tests.fleet.history.fixes_at_hand import track
from tests.fleet.office import MORNING

DAY = track(900, step_s=60)
"""Fifteen quiet hours, from 01:00 UTC on."""
MIDNIGHT_US = microseconds(MORNING) - HOUR_US


def chosen(places: set[int]) -> Fixes:
    return DAY[sorted(places)]


some = st.sets(st.integers(0, len(DAY) - 1), min_size=1, max_size=60)


@settings(deadline=None, max_examples=40)
@given(st.lists(some, min_size=1, max_size=4))
def test_a_day_is_the_same_however_its_fixes_arrived(arrivals: list[set[int]]) -> None:
    pack = None
    for arrival in arrivals:
        pack = repack(1, chosen(arrival), pack)

    assert pack is not None
    expected = chosen(set.union(*arrivals))
    assert unpack_day(pack.blob).tobytes() == expected.tobytes()
    assert (pack.fixes, microseconds(pack.last_time)) == (len(expected), expected["time"][-1])


@settings(deadline=None, max_examples=40)
@given(st.lists(some, min_size=1, max_size=4))
def test_blocks_never_overlap_and_are_in_order(arrivals: list[set[int]]) -> None:
    pack = None
    for arrival in arrivals:
        pack = repack(1, chosen(arrival), pack)

    blocks = split(pack.blob) if pack else []
    assert all(one.after <= other.hour for one, other in pairwise(blocks))


def test_a_reader_unpacks_only_the_blocks_it_needs() -> None:
    busy = track(2160, step_s=5)  # three hours
    pack = repack(1, busy, None)
    second_hour = MIDNIGHT_US + 2 * HOUR_US

    found = unpack_day(pack.blob, second_hour, second_hour + 60_000_000, MIDNIGHT_US)

    assert found.tobytes() == busy[720:1440].tobytes()


def test_a_block_nothing_falls_into_stays_as_it_is() -> None:
    before = repack(1, track(2160, step_s=5), None)

    after = repack(1, track(1, first_s=3601), before)

    assert [one == other for one, other in zip(split(before.blob), split(after.blob), strict=True)] == [
        True, False, True,
    ]  # fmt: skip


def test_the_box_holds_every_fix_with_a_solution() -> None:
    fixes = track(100)
    fixes["fixed"][50] = False
    fixes["lon"][50] = 0.0

    west, south, east, north = repack(1, fixes, None).box

    assert west is not None and south is not None and east is not None and north is not None
    assert 116.99 < west < 117.0 and east > fixes["lon"].max()
    assert south < fixes["lat"].min() and north > fixes["lat"].max()


def test_a_day_without_a_solution_has_no_box() -> None:
    assert repack(1, track(10, fixed=False), None).box == (None, None, None, None)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_pack_is_never_taken_for_another_one(place: int, byte: int) -> None:
    blob = bytearray(repack(1, merged(track(50), track(5, first_s=20_000)), None).blob)
    blob[place % len(blob)] ^= byte

    with pytest.raises(CorruptPackError):
        unpack_day(bytes(blob))


def test_the_first_version_of_the_format_stays_readable() -> None:
    """Bytes written once: packs outlive the software that wrote them."""
    assert unpack_day(bytes.fromhex(FIRST_VERSION)).tobytes() == in_order(track(5)).tobytes()


FIRST_VERSION = (
    "440101010105667b49ccbb46010502809086fca4ada60680ade20401009e1480f10414b0db06100202000a01009e10001002"
    "1002101c100010060000105a010010d805040002c8de2c0701009e03001490a40e0100149abc010100108205010010920b01"
    "00101000008e337bb56e3ae6a6"
)
