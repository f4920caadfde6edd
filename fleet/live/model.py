"""What the live picture is made of, and who sees what of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from fleet.identity.model import Reader
from schemas.api.live import Change, LiveVehicle

WATCHERS = ("clerk", "platform_approver", "auditor", "leader", "administrator")
"""Roles that see cars. Nobody else watches where people drive."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the outbox: transaction, then row. As an event id it lets a client resume."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def read(cls, event_id: str) -> Self | None:
        """The cursor of an event id; None when it is not one."""
        found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", event_id)
        return cls(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the outbox, addressed to an account, an organisation, or the whole pool."""

    cursor: Cursor
    change: Change
    account_id: int | None
    organisation_path: str | None


@dataclass(frozen=True, slots=True)
class PlacedVehicle:
    """A vehicle's live state, with the organisation it belongs to."""

    state: LiveVehicle
    organisation_path: str


@dataclass(frozen=True, slots=True)
class View:
    """The part of the live picture that one reader may see (DESIGN 4.6)."""

    account_id: int
    path: str
    watches: bool
    of_pool: bool

    @classmethod
    def of(cls, reader: Reader) -> Self:
        return cls(
            account_id=reader.account_id,
            path=reader.organisation_path,
            watches=reader.is_any_of(*WATCHERS),
            of_pool=reader.is_any_of(*WATCHERS, "driver"),
        )

    def sees(self, vehicle: PlacedVehicle) -> bool:
        return self.watches and self._covers(vehicle.organisation_path)

    def hears(self, entry: Entry) -> bool:
        if entry.account_id is not None:
            return entry.account_id == self.account_id
        if entry.organisation_path is None:
            return self.of_pool
        return self._covers(entry.organisation_path)

    def _covers(self, organisation_path: str) -> bool:
        return organisation_path == self.path or organisation_path.startswith(f"{self.path}.")
