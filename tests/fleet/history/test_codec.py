"""DESIGN 4.4, raw is raw: what comes out of a pack is bit by bit what went in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.history import synthetic
from fleet.history.bits import Reader, pack_numbers, unpack_numbers
from fleet.history.codec import pack, unpack
from fleet.history.columns import decimals, pack_integers, unpack_integers
from fleet.history.digest import content_digests
from fleet.history.errors import CorruptPackError
from fleet.history.fixes import Fixes, merged, microseconds
from schemas.telemetry import Fix, content_digest
from tests.fleet.history.fixes_at_hand import anything, stored, track
from tests.fleet.office import MORNING

UNHURRIED = settings(deadline=None)
INT64 = st.integers(-(2**63), 2**63 - 1)


@UNHURRIED
@given(anything)
def test_anything_the_table_can_hold_comes_back_bit_by_bit(fixes: Fixes) -> None:
    assert unpack(pack(fixes)).tobytes() == fixes.tobytes()


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32), st.sampled_from([1.0, 5.0, 30.0]))
def test_a_day_of_driving_comes_back_bit_by_bit(seed: int, interval_s: float) -> None:
    fixes = synthetic.day(np.random.default_rng(seed), microseconds(MORNING), interval_s)[:1000]

    assert unpack(pack(fixes)).tobytes() == fixes.tobytes()


@UNHURRIED
@given(st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 100)), min_size=1, max_size=300))
def test_numbers_come_back_whatever_code_is_shortest(numbers: list[int]) -> None:
    reader = Reader(pack_numbers(np.array(numbers, np.uint64)))

    assert unpack_numbers(reader, len(numbers)).tolist() == numbers
    assert reader.at == len(reader.data)


@UNHURRIED
@given(
    st.lists(st.one_of(INT64, st.integers(0, 3599)), min_size=1, max_size=100),
    st.lists(INT64, min_size=100, max_size=100),
)
def test_integers_come_back_however_they_are_predicted(values: list[int], other: list[int]) -> None:
    given_values, predicted = np.array(values, np.int64), np.array(other[: len(values)], np.int64)

    packed = pack_integers(given_values, predicted, period=3600)

    assert unpack_integers(Reader(packed), len(values), predicted, period=3600).tolist() == values


def test_the_digest_is_found_again_and_not_stored() -> None:
    fixes = track(360)

    assert len(pack(fixes)) < 8 * len(fixes)


def test_a_digest_that_the_columns_do_not_explain_is_kept_as_it_is() -> None:
    known = track(100)
    other = known[:1].copy()
    other["digest"] = 12345
    fixes = merged(known, other)

    assert unpack(pack(fixes)).tobytes() == fixes.tobytes()
    assert len(fixes) == 101


@UNHURRIED
@given(
    st.floats(0, 500), st.floats(0, 360), st.none() | st.floats(-1000, 10000), st.none() | st.booleans(),
    st.none() | st.integers(0, 99),
)  # fmt: skip
def test_the_digest_of_a_pack_is_the_one_of_the_wire_contract(
    speed: float, heading: float, altitude: float | None, ignition: bool | None, satellites: int | None
) -> None:
    """If this fails, the wire contract has a new digest: packs need a second scheme, the old one must
    stay."""
    fix = Fix(
        time=0, sent=0, boot=0, seq=0, oldest=0, lon=117.1, lat=36.6, speed=speed, heading=heading,
        fixed=True, altitude=altitude, ignition=ignition, satellites=satellites, odometer=None, energy=12.5,
        hdop=0.8, alarm=3,
    )  # fmt: skip

    assert content_digests(stored([fix])).tolist() == [content_digest(fix)]


@pytest.mark.parametrize("places", [0, 1, 5, 7])
def test_decimals_are_found_with_the_places_they_were_written_with(places: int) -> None:
    written = np.round(np.linspace(-179.0, 179.0, 57) + 10.0**-places, places)

    found = decimals(written)

    assert found is not None
    assert (found.places, len(found.patched)) == (places, 0)


def test_a_float_that_is_no_decimal_does_not_spoil_its_neighbours() -> None:
    written = np.round(np.linspace(100.0, 101.0, 100), 6)
    written[40] = np.pi

    found = decimals(written)

    assert found is not None
    assert (found.places, found.patched.tolist()) == (6, [40])


@UNHURRIED
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_pack_is_never_taken_for_another_one(place: int, byte: int) -> None:
    fixes = track(50)
    blob = bytearray(pack(fixes))
    blob[place % len(blob)] ^= byte

    assert _read(bytes(blob)) in {fixes.tobytes() if byte == 0 else None, None}


@UNHURRIED
@given(st.integers(0, 10_000))
def test_a_pack_that_was_cut_short_says_so(length: int) -> None:
    blob = pack(track(50))

    assert _read(blob[: length % len(blob)]) is None


def test_a_pack_of_a_later_version_is_refused() -> None:
    with pytest.raises(CorruptPackError, match="version 9"):
        unpack(b"F\x09" + pack(track(3))[2:])


def _read(blob: bytes) -> bytes | None:
    try:
        return unpack(blob).tobytes()
    except CorruptPackError:
        return None
