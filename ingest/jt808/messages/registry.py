"""From a message id to its body, and back."""

from __future__ import annotations

from typing import Final

import msgspec

from ingest.jt808.bcd import read_time
from ingest.jt808.errors import EncryptedBodyError, FieldError, ShortBodyError, UnknownMessageError
from ingest.jt808.header import Frame, Header, Version
from ingest.jt808.layout import Body, Reader, read_structure, write_structure
from ingest.jt808.messages.areas import AREA_MESSAGES
from ingest.jt808.messages.attachments import ATTACHMENT_MESSAGES
from ingest.jt808.messages.media import MEDIA_MESSAGES
from ingest.jt808.messages.platform import PLATFORM_MESSAGES
from ingest.jt808.messages.reports import REPORTS, DriverCard, DriverIdentity
from ingest.jt808.messages.terminal import TERMINAL_MESSAGES, Registration
from ingest.jt808.messages.video import VIDEO_MESSAGES

KINDS: Final[dict[int, type[Body]]] = {
    kind.ID: kind
    for kinds in (
        TERMINAL_MESSAGES,
        REPORTS,
        PLATFORM_MESSAGES,
        AREA_MESSAGES,
        MEDIA_MESSAGES,
        VIDEO_MESSAGES,
        ATTACHMENT_MESSAGES,
    )
    for kind in kinds
}
SHORTEST_REGISTRATION_OF_2013 = 37
"""Without a plate. With one, a registration of 2011 has at most 25 + 9 bytes (new energy: 示AD10273)."""


class Message(msgspec.Struct, frozen=True):
    """A whole message, put together if it came in fragments."""

    header: Header
    body: Body
    version: Version  # what the body was written by; 2011 where only the body tells
    trailing: bytes  # behind the last known field
    length: int  # of the body as it came


def read_message(frame: Frame) -> Message:
    """Raises UnknownMessageError, EncryptedBodyError and ShortBodyError."""
    header = frame.header
    if header.encryption:
        raise EncryptedBodyError(
            f"The body of {header.message_id:#06x} is encrypted (method {header.encryption})"
        )
    kind = KINDS.get(header.message_id)
    if kind is None:
        raise UnknownMessageError(f"Message id {header.message_id:#06x} is unknown")
    version = edition_of(frame)
    if kind is DriverCard and version is Version.V2011:
        kind = DriverIdentity
    reader = Reader(frame.body, version)
    try:
        body = read_structure(kind, reader)
    except ShortBodyError as error:
        raise ShortBodyError(f"The body of {header.message_id:#06x} is too short: {error}") from error
    return Message(header, body, version, reader.rest(), len(frame.body))


def write_body(body: Body, version: Version) -> bytes:
    """Raises FieldError."""
    try:
        return write_structure(body, version)
    except FieldError as error:
        raise FieldError(f"{body.ID:#06x} {error}") from error


def edition_of(frame: Frame) -> Version:
    """The edition a body was written by: the header tells 2019, registration and driver card tell 2011."""
    header, body = frame.header, frame.body
    if header.version is Version.V2019:
        return Version.V2019
    if header.message_id == Registration.ID and len(body) < SHORTEST_REGISTRATION_OF_2013:
        return Version.V2011
    if header.message_id == DriverCard.ID and not _is_card_of_2013(body):
        return Version.V2011
    return Version.V2013


def _is_card_of_2013(body: bytes) -> bool:
    """Status and a moment; in 2011 the length of a name and the name stand there."""
    return body[:1] in (b"\x01", b"\x02") and read_time(body[1:7].ljust(6, b"\xff")) is not None
