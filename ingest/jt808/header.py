"""The header of a frame: 2011 and 2013 share one, 2019 has a version byte and a longer phone number."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from ingest.jt808.bcd import read_digits, write_digits
from ingest.jt808.errors import FieldError, FrameError
from ingest.jt808.framing import close_content, open_content

LENGTH_BITS = 0x03FF
ENCRYPTION_SHIFT, ENCRYPTION_BITS = 10, 0b111
FRAGMENTED = 1 << 13
VERSIONED = 1 << 14
LONGEST_BODY = LENGTH_BITS


class Version(IntEnum):
    """Editions of the standard. A header tells 2019 from the older two; some bodies tell 2011 from 2013."""

    V2011 = 2011
    V2013 = 2013
    V2019 = 2019


class Part(msgspec.Struct, frozen=True):
    """Which fragment of a message that was too long for one frame. Counts from 1."""

    total: int
    number: int


class Header(msgspec.Struct, frozen=True):
    """Who says what, under which serial number."""

    message_id: int
    phone: str  # digits without leading zeros
    serial: int  # 16 bits; wraps
    version: Version = Version.V2013
    protocol_version: int = 0  # of 2019: 1, growing with amendments
    encryption: int = 0  # 0 none, 1 RSA
    part: Part | None = None


class Frame(msgspec.Struct, frozen=True):
    """A frame whose checksum and length are right."""

    header: Header
    body: bytes


def read_frame(run: bytes) -> Frame:
    """The frame of an escaped content, as `Framer.feed` gives it. Raises FrameError and ChecksumError."""
    content = open_content(run)
    if len(content) < 4:
        raise FrameError(f"{len(content)} bytes are too few for a header")
    message_id, properties = _word(content, 0), _word(content, 2)
    versioned = bool(properties & VERSIONED)
    at = 5 if versioned else 4
    digits = 10 if versioned else 6
    size = at + digits + 2 + (4 if properties & FRAGMENTED else 0)
    if len(content) < size:
        raise FrameError(f"{len(content)} bytes are too few for a header of {size}")
    header = Header(
        message_id=message_id,
        phone=_phone(content[at : at + digits]),
        serial=_word(content, at + digits),
        version=Version.V2019 if versioned else Version.V2013,
        protocol_version=content[4] if versioned else 0,
        encryption=properties >> ENCRYPTION_SHIFT & ENCRYPTION_BITS,
        part=_part(content, size - 4) if properties & FRAGMENTED else None,
    )
    body = content[size:]
    if len(body) != properties & LENGTH_BITS:
        raise FrameError(
            f"The header announces a body of {properties & LENGTH_BITS} bytes, the frame has {len(body)}"
        )
    return Frame(header, body)


def write_frame(frame: Frame) -> bytes:
    """The whole frame with delimiters. Raises FieldError for what a header cannot say."""
    header, body = frame.header, frame.body
    if len(body) > LONGEST_BODY:
        raise FieldError(
            f"A body of {len(body)} bytes does not fit a frame; at most {LONGEST_BODY}: split it"
        )
    versioned = header.version is Version.V2019
    properties = len(body) | header.encryption << ENCRYPTION_SHIFT
    properties |= (VERSIONED if versioned else 0) | (FRAGMENTED if header.part else 0)
    content = header.message_id.to_bytes(2, "big") + properties.to_bytes(2, "big")
    if versioned:
        content += bytes([header.protocol_version])
    content += write_digits(header.phone, 10 if versioned else 6)
    content += header.serial.to_bytes(2, "big")
    if header.part is not None:
        content += header.part.total.to_bytes(2, "big") + header.part.number.to_bytes(2, "big")
    return close_content(content + body)


def _word(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 2], "big")


def _phone(data: bytes) -> str:
    digits = read_digits(data)
    if digits is None:
        raise FrameError(f"The phone number {data.hex()} is not made of digits")
    return digits.lstrip("0")


def _part(content: bytes, at: int) -> Part:
    part = Part(total=_word(content, at), number=_word(content, at + 2))
    if not 1 <= part.number <= part.total:
        raise FrameError(f"Fragment {part.number} of {part.total} cannot be")
    return part
