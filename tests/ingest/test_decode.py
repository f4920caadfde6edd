from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import Fault, decode_event, decode_fixes, decode_status, element, read_numbers
from schemas.telemetry import Event, Fix, Status
from tests.ingest.world import fields, fix

json, msgpack = msgspec.json.encode, msgspec.msgpack.encode


@pytest.mark.parametrize("encode", [json, msgpack])
@pytest.mark.parametrize("content_type", ["", "application/json", "application/msgpack"])
def test_the_content_type_decides_and_the_first_byte_where_there_is_none(encode, content_type) -> None:
    stated = {"": encode, "application/json": json, "application/msgpack": msgpack}[content_type]

    assert list(decode_fixes(stated([fix(0), fix(1)]), content_type)) == [fix(0), fix(1)]


@pytest.mark.parametrize("encode", [json, msgpack])
def test_one_bad_element_costs_neither_its_neighbours_nor_its_place(encode) -> None:
    items = decode_fixes(encode([fields(seq=7), fields(seq=8, lat=91), fields(seq=9)]))

    assert [type(item) for item in items] == [Fix, Fault, Fix]
    fault = items[1]
    assert isinstance(fault, Fault)
    assert fault.reason == "out_of_range"
    assert fault.what == "Expected `float` <= 90.0 - at `$.lat`, which is 91"
    assert fault.number is not None
    assert (fault.number.boot, fault.number.seq) == (1, 8)
    assert fault.payload == encode(fields(seq=8, lat=91))


@pytest.mark.parametrize(
    ("payload", "reason", "what"),
    [
        (b"", "malformed", "truncated"),
        (b'{"time":', "malformed", "truncated"),
        (b"[]", "malformed", "An array without a fix"),
        (b"17", "malformed", "Expected `object`"),
        (b"\xff\xfe", "malformed", "Expected `object"),
        (b"[" * 60_000, "malformed", "got `array`"),
        (b"[" * 30_000 + b"]" * 30_000, "malformed", "got `array`"),
        (b'{"x":' * 10_000 + b"1" + b"}" * 10_000, "malformed", "unknown field `x`"),
        (json(fields()).replace(b"36.65", b"NaN"), "malformed", "invalid character"),
        (json(fields()).replace(b"36.65", b"1e400"), "out_of_range", "out of range"),
        (json(fields(lat="north")), "malformed", "got `str` - at `$.lat`, which is north"),
        (json(fields(lat=91)), "out_of_range", "which is 91"),
        (json(fields(seq=2**60)), "out_of_range", "at `$.seq`"),
        (json(fields(speed=-1)), "out_of_range", "at `$.speed`"),
        (json(fields(driver="\0")), "malformed", "unknown field `driver`"),
        (json({"time": 1}), "malformed", "missing required field"),
        (msgpack(fields(lat=math.nan)), "out_of_range", "which is nan"),
        (msgpack(fields(altitude=math.inf)), "out_of_range", "which is inf"),
    ],
)
def test_what_cannot_be_read_says_why(payload: bytes, reason: str, what: str) -> None:
    (fault,) = decode_fixes(payload)

    assert isinstance(fault, Fault)
    assert fault.reason == reason
    assert what in fault.what


def test_numbers_are_read_from_what_is_otherwise_broken() -> None:
    payload = json([fields(seq=3, oldest=2, lat=91, whatever=[]), fields(seq="x"), fields(seq=5)])

    assert [(number.seq, number.oldest) for number in read_numbers(payload)] == [(3, 2), (5, 0)]
    assert read_numbers(b"not json") == []


@given(st.binary(max_size=300))
def test_no_bytes_make_the_decoders_fail(payload: bytes) -> None:
    assert decode_fixes(payload)
    assert decode_event(payload)
    assert decode_status(payload)
    assert isinstance(read_numbers(payload), list)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20), st.sampled_from([json, msgpack]))
def test_every_element_can_be_cut_out_of_its_message(seqs: list[int], encode) -> None:
    payload = encode([fix(seq) for seq in seqs])

    assert [element(payload, "", index) for index in range(len(seqs))] == [encode(fix(seq)) for seq in seqs]


def test_events_and_status_are_read() -> None:
    event = Event(time=1, kind="power_cut", detail={"volt": 9.5})

    assert decode_event(msgpack(event)) == event
    assert decode_status(b'{"online":false}') == Status(online=False)
    assert isinstance(decode_status(b'{"online":1}'), Fault)
