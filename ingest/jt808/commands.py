"""Commands of the office to a terminal: from a row to a body, from an answer to an outcome. Pure."""

from __future__ import annotations

from typing import Any

from ingest.jt808.errors import CommandError
from ingest.jt808.header import Version
from ingest.jt808.layout import ENCODING, Body
from ingest.jt808.messages.platform import QueryLocation, SetParameters, TextMessage
from ingest.jt808.parameters import parameter
from ingest.jt808.repository import Command, Outcome

DISPLAY, READ_ALOUD = 1 << 2, 1 << 3
URGENT_UNTIL_2013 = 1 << 0
SERVICE_SINCE_2019, URGENT_SINCE_2019 = 0b01, 0b10  # of two bits
LONGEST_TEXT = 1_000
"""Bytes in GBK, so that one frame holds it."""


def text_content(text: str, *, urgent: bool, read_aloud: bool) -> dict[str, Any]:
    """What a `text` command says. Raises CommandError."""
    if not text:
        raise CommandError("The text is empty")
    if len(text.encode(ENCODING)) > LONGEST_TEXT:
        raise CommandError(f"The text has more than {LONGEST_TEXT} bytes in GBK; shorten it")
    return {"text": text, "urgent": urgent, "read_aloud": read_aloud}


def parameter_content(name: str, value: str) -> dict[str, Any]:
    """What a `parameter` command says. Raises CommandError."""
    parameter(name, value)
    return {"name": name, "value": value}


def body_of(command: Command, version: Version) -> Body:
    """As a terminal of this edition understands it. Raises CommandError for content not made here."""
    try:
        match command.kind:
            case "text":
                urgent, aloud = bool(command.content["urgent"]), bool(command.content["read_aloud"])
                return TextMessage(flags=_flags(version, urgent, aloud), text=str(command.content["text"]))
            case "parameter":
                return SetParameters(
                    (parameter(str(command.content["name"]), str(command.content["value"])),)
                )
            case "locate":
                return QueryLocation()
    except (KeyError, ValueError) as error:
        raise CommandError(f"Command {command.id} ({command.kind}) cannot be read: {error!r}") from error


def _flags(version: Version, urgent: bool, read_aloud: bool) -> int:
    flags = DISPLAY | (READ_ALOUD if read_aloud else 0)
    if version is Version.V2019:
        return flags | (URGENT_SINCE_2019 if urgent else SERVICE_SINCE_2019)
    return flags | (URGENT_UNTIL_2013 if urgent else 0)


def outcome_of(result: int) -> Outcome:
    """Of a general response (0x0001)."""
    return "done" if result == 0 else "refused"
