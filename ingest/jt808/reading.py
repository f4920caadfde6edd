"""Hexadecimal frames, as people paste them, to what they say."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ingest.jt808.errors import FrameError, Jt808Error
from ingest.jt808.framing import Framer
from ingest.jt808.header import read_frame
from ingest.jt808.messages.registry import read_message
from ingest.jt808.reassembly import Reassembler
from ingest.jt808.show import show_fragment, show_message

DELIMITER = b"\x7e"
TOPIC_PREFIX = "jt808/"
"""Of what the gateway puts aside; behind it the phone number and the message id."""


class FrameReader:
    """Reads one frame after the other; fragments are put together when the last of them has come."""

    def __init__(self) -> None:
        self._fragments: defaultdict[str, Reassembler] = defaultdict(Reassembler)  # by phone

    def read(self, text: str) -> dict[str, Any]:
        """What one frame says. Raises Jt808Error with the reason it cannot be read."""
        frame = read_frame(_run_of(text))
        whole = self._fragments[frame.header.phone].add(frame, now=0.0)
        if whole is None:
            return show_fragment(frame)
        return show_message(read_message(whole.frame))


def show_payload(payload: bytes) -> dict[str, Any]:
    """A payload that was put aside, in hexadecimal, with what it says or why that cannot be told."""
    shown: dict[str, Any] = {"payload": payload.hex()}
    if payload[:1] != DELIMITER:
        return shown | {"unreadable": "The body alone of a message that came in several frames"}
    try:
        return shown | {"says": FrameReader().read(payload.hex())}
    except Jt808Error as error:
        return shown | {"unreadable": str(error)}


def _run_of(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise FrameError(f"Not hexadecimal: {error}") from error
    if data[:1] != DELIMITER or data[-1:] != DELIMITER or len(data) < 2:
        raise FrameError("A frame starts and ends with 7e")
    runs = Framer().feed(data)
    if len(runs) != 1:
        raise FrameError(
            f"{len(runs)} frames where one belongs; give one a line" if runs else "An empty frame"
        )
    return runs[0]
