"""Every declared body, in every edition: what is written is read again. Values come from the declaration."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.jt808.header import Version
from ingest.jt808.layout import (
    ENCODING,
    Body,
    ByVersion,
    Fixed,
    Many,
    Nested,
    Prefixed,
    Reader,
    Rest,
    Text,
    UInt,
    Wire,
    _layout,
    read_structure,
    write_structure,
)
from ingest.jt808.location import _Base, _Batch, _Whole
from ingest.jt808.messages.registry import KINDS
from ingest.jt808.messages.reports import DriverIdentity
from ingest.jt808.moments import DigitsWire, MomentWire
from tests.ingest.jt808.wire import locations, moments

LETTERS = st.text("aZ09·示张师傅", max_size=10)


@pytest.mark.parametrize("version", list(Version), ids=str)
@pytest.mark.parametrize("kind", [*KINDS.values(), DriverIdentity], ids=lambda kind: kind.__name__)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_again(kind: type[Body], version: Version, data: st.DataObject) -> None:
    body = _structure(data, kind, version)
    reader = Reader(write_structure(body, version), version)

    assert read_structure(kind, reader) == body
    assert reader.left == 0


def _structure(data: st.DataObject, kind: type[msgspec.Struct], version: Version) -> msgspec.Struct:
    values: dict[str, Any] = {}
    for field in _layout(kind):
        if field.exists(version, values.__getitem__):
            values[field.name] = _value(data, field.wire, version)
    return kind(**values)


def _value(data: st.DataObject, wire: Wire, version: Version) -> Any:
    match wire:
        case UInt():
            return data.draw(st.integers(0, (1 << 8 * wire.size) - 1))
        case Fixed():
            return data.draw(st.binary(min_size=wire.size, max_size=wire.size))
        case Rest() | Prefixed():
            return data.draw(st.binary(max_size=20))
        case Text():
            room = wire._wire.size if isinstance(wire._wire, Fixed) else 255
            return data.draw(LETTERS.filter(lambda text: len(text.encode(ENCODING)) <= room))
        case ByVersion():
            return _value(data, wire._of(version), version)
        case Many():
            number = data.draw(st.integers(0, 3))
            return tuple(_value(data, wire.element, version) for _ in range(number))
        case Nested():
            return _structure(data, wire.kind, version)
        case MomentWire():
            return data.draw(st.none() | moments)
        case DigitsWire():
            return data.draw(st.text("0123456789", min_size=2 * wire._size, max_size=2 * wire._size))
        case _Base():
            return msgspec.structs.replace(data.draw(locations()), items=())
        case _Whole():
            return data.draw(locations())
        case _Batch():
            return tuple(data.draw(st.lists(locations(), max_size=3)))
    raise AssertionError(f"no values for {wire}")
