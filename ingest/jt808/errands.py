"""Commands a terminal was given over this connection and has not answered yet. Pure; time is told."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.jt808.layout import Body
from ingest.jt808.messages.platform import QueryLocation
from ingest.jt808.repository import Command


@dataclass(frozen=True)
class Errand:
    """A command under way."""

    command: Command
    body: Body
    until: float  # monotonic seconds

    def is_settled_by(self, message_id: int, result: int) -> bool:
        """By a general response: to a question that was understood, the answer itself is still to come."""
        return message_id == self.body.ID and (result != 0 or not isinstance(self.body, QueryLocation))


class Errands:
    """By the serial number of ours that the terminal answers to."""

    def __init__(self) -> None:
        self._open: dict[int, Errand] = {}

    def give(self, serial: int, errand: Errand) -> None:
        self._open[serial] = errand

    def find(self, serial: int) -> Errand | None:
        return self._open.get(serial)

    def settle(self, serial: int) -> None:
        """Its outcome is committed."""
        self._open.pop(serial, None)

    def take_overdue(self, now: float) -> list[int]:
        """The numbers of commands that are not waited for any longer."""
        late = [serial for serial, errand in self._open.items() if errand.until <= now]
        return [self._open.pop(serial).command.id for serial in late]

    def take_all(self) -> list[int]:
        """The numbers of all commands under way: the connection is over."""
        return self.take_overdue(float("inf"))
