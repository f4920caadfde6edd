"""Payload bytes to wire structures, JSON or MessagePack. One bad element never costs its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from ingest.message import Reason
from schemas.telemetry import MISSING, Boot, Event, Fix, Status
from schemas.telemetry import Sequence as SequenceNumber

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
RANGE_ERROR = re.compile(r"[<>]=? |out of range")
FIELD_OF_ERROR = re.compile(r" - at `\$\.(\w+)`$")
MAX_SHOWN_VALUE = 60


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """What must be readable of a fix so that its terminal can be told it was dealt with."""

    boot: Boot
    seq: SequenceNumber
    oldest: SequenceNumber = 0


if TYPE_CHECKING:

    class PlainFix(Fix, frozen=True): ...

else:
    PlainFix = msgspec.defstruct(
        "PlainFix",
        [
            (known.name, known.type, MISSING if known.default is None else known.default)
            if known.default is not msgspec.NODEFAULT
            else (known.name, known.type)
            for known in msgspec.structs.fields(Fix)
        ],
        bases=(Fix,),
        frozen=True,
        gc=False,
        forbid_unknown_fields=True,
    )
"""A Fix in which NaN stands for what was not sent: it goes into columns of numbers as it is."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A payload, or one element of its array, that could not be read."""

    payload: bytes
    reason: Reason
    what: str
    number: Numbered | None = None


class Codec:
    """The decoders of one format."""

    def __init__(self, format_: ModuleType) -> None:
        self.plain = format_.Decoder(PlainFix | list[PlainFix]).decode
        self.fixes = format_.Decoder(Fix | list[Fix]).decode
        self.fix = format_.Decoder(Fix).decode
        self.elements = format_.Decoder(list[msgspec.Raw]).decode
        self.number = format_.Decoder(Numbered).decode
        self.anything = format_.Decoder().decode
        self.event = format_.Decoder(Event).decode
        self.status = format_.Decoder(Status).decode


FIRST_MSGPACK = 0x80
"""Text in UTF-8 never begins with a byte from here on."""
JSON = Codec(msgspec.json)
MSGPACK = Codec(msgspec.msgpack)


def codec_for(payload: bytes, content_type: str) -> Codec:
    """By content type; without one by the first byte: a MessagePack map or array starts at 0x80 or above."""
    if content_type:
        return MSGPACK if content_type.endswith("msgpack") else JSON
    return MSGPACK if payload and payload[0] >= FIRST_MSGPACK else JSON


def decode_fixes(payload: bytes, content_type: str = "") -> Sequence[Fix | Fault]:
    """Every element of a `fix` payload in its order, read or with its fault; just one, if it is no array."""
    codec = codec_for(payload, content_type)
    try:
        decoded: Fix | list[Fix] = codec.fixes(payload)
    except UNREADABLE:
        return [_decode_element(codec, element) for element in _elements(codec, payload) or [payload]]
    if isinstance(decoded, Fix):
        return [decoded]
    return decoded or [Fault(payload, "malformed", "An array without a fix")]


def element(payload: bytes, content_type: str, index: int) -> bytes:
    """The bytes of one element of a payload that decodes; of all of it, if it is no array."""
    elements = _elements(codec_for(payload, content_type), payload)
    return elements[index] if elements else payload


def decode_event(payload: bytes, content_type: str = "") -> Event | Fault:
    codec = codec_for(payload, content_type)
    try:
        event: Event = codec.event(payload)
    except UNREADABLE as error:
        return _fault(codec, payload, error)
    return event


def decode_status(payload: bytes, content_type: str = "") -> Status | Fault:
    codec = codec_for(payload, content_type)
    try:
        status: Status = codec.status(payload)
    except UNREADABLE as error:
        return _fault(codec, payload, error)
    return status


def read_numbers(payload: bytes, content_type: str = "") -> list[Numbered]:
    """The sequence numbers in a `fix` payload that is put aside whole, as far as they can be read."""
    codec = codec_for(payload, content_type)
    found = (_number(codec, element) for element in _elements(codec, payload) or [payload])
    return [number for number in found if number is not None]


def _decode_element(codec: Codec, payload: bytes) -> Fix | Fault:
    try:
        fix: Fix = codec.fix(payload)
    except UNREADABLE as error:
        return _fault(codec, payload, error, _number(codec, payload))
    return fix


def _elements(codec: Codec, payload: bytes) -> list[bytes]:
    try:
        return [bytes(element) for element in codec.elements(payload)]
    except UNREADABLE:
        return []


def _number(codec: Codec, payload: bytes) -> Numbered | None:
    try:
        number: Numbered = codec.number(payload)
    except UNREADABLE:
        return None
    return number


def _fault(codec: Codec, payload: bytes, error: Exception, number: Numbered | None = None) -> Fault:
    if isinstance(error, RecursionError):
        return Fault(payload, "malformed", "Nested too deeply", number)
    if not isinstance(error, msgspec.ValidationError):
        return Fault(payload, "malformed", str(error), number)
    reason: Reason = "out_of_range" if RANGE_ERROR.search(str(error)) else "malformed"
    return Fault(payload, reason, f"{error}{_shown_value(codec, payload, error)}", number)


def _shown_value(codec: Codec, payload: bytes, error: msgspec.ValidationError) -> str:
    """`, got 91` where msgspec only says what it expected."""
    field = FIELD_OF_ERROR.search(str(error))
    if field is None:
        return ""
    try:
        content: dict[str, Any] = codec.anything(payload)
    except UNREADABLE:
        return ""
    return f", which is {str(content[field[1]])[:MAX_SHOWN_VALUE]}"
