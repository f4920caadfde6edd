"""What a session needs of the gateway it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ingest.jt808.desk import Desk
from ingest.jt808.repository import KnownTerminal
from ingest.jt808.settings import GatewaySettings
from schemas.clock import Clock
from schemas.telemetry import Event, Fix, Status

if TYPE_CHECKING:
    from ingest.jt808.session import Session


@dataclass(frozen=True)
class Awaited:
    """Frames that are answered once what they said is stored."""

    session: Session
    message_id: int
    serials: tuple[int, ...]


class House(Protocol):
    """The gateway as its sessions see it."""

    settings: GatewaySettings
    clock: Clock
    desk: Desk

    def attach(self, session: Session, terminal: KnownTerminal) -> int:
        """From now on this session speaks for the terminal; returns its boot number."""

    def hand_over(
        self, terminal: str, content: list[Fix] | Event | Status, awaited: Awaited | None = None
    ) -> None:
        """To the writer; `awaited` is answered after the commit."""

    async def room(self) -> None:
        """Wait until the writer can take more."""

    def may_put_strangers_aside(self) -> bool:
        """Strangers shall not fill the disk."""
