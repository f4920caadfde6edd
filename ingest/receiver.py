"""The seam between a protocol and the writer: where messages come from and where acknowledgements go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingest.message import Message
from schemas.telemetry import Ack


class Receiver(Protocol):
    """One source of messages. One thread calls `take`, another `acknowledge` and `tell`."""

    def start(self) -> None:
        """Begin to receive; reconnect for ever."""

    def take(self, limit: int, window_s: float) -> list[Message]:
        """Up to `limit` messages gathered for `window_s` real seconds; may be empty."""

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """The transport may forget these: they are committed."""

    def tell(self, acks: Sequence[tuple[str, Ack]]) -> None:
        """Tell terminals what was dealt with."""

    def pause(self) -> None:
        """Take in nothing more; what is held can still be taken."""

    def close(self) -> None:
        """Send what is queued and leave; the session stays."""

    @property
    def waiting(self) -> int:
        """Messages held and not yet taken."""

    @property
    def receiving(self) -> bool:
        """Whether the source delivers to us at present."""
