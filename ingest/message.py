"""What comes in, and what is put aside."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Reason = Literal[
    "malformed", "out_of_range", "future", "too_old", "unknown_terminal", "forged_topic", "oversized"
]
"""Why a message, or one fix of it, was put aside."""

REMEDY: dict[Reason, str] = {
    "malformed": "Correct the terminal's encoding to the wire contract (schemas/telemetry.py).",
    "out_of_range": "Check the terminal's sensor and units against the wire contract (schemas/telemetry.py).",
    "future": "Set the terminal's clock; when that moment has come, `motorpool deadletter replay` stores it.",
    "too_old": "The terminal's clock was not set (no satellite time yet); check its battery and antenna.",
    "unknown_terminal": "Register and activate the terminal, then `motorpool deadletter replay`.",
    "forged_topic": "A terminal may only publish on its own topics; check its configuration and credentials.",
    "oversized": "Send fewer fixes in one message.",
}


class Message(msgspec.Struct, frozen=True, gc=False):
    """One MQTT message as it was received."""

    topic: str
    payload: bytes
    received_at: datetime
    content_type: str = ""
    epoch: int = 0  # of the connection it came through; the broker's message number means nothing in another
    mid: int = 0  # the broker's message number; 0 when the broker awaits no acknowledgement (QoS 0)


class Rejection(msgspec.Struct, frozen=True):
    """A message, or one element of its array, that goes to the dead letters."""

    topic: str
    payload: bytes
    received_at: datetime
    reason: Reason
    detail: str
    terminal: str | None


def explain(reason: Reason, what: str) -> str:
    """The detail of a dead letter: what was wrong and where, then what to do. Safe for a text column."""
    clean = what.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return f"{clean[:400].rstrip('.')}. {REMEDY[reason]}"
