"""What orders are bounded by and made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from fleet.identity.model import Reader

POOL_ROLES = ("clerk", "platform_approver", "auditor", "finance", "leader", "administrator")
USER_ROLES = ("requester", "unit_approver")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which requests somebody may see: those of organisations at or below `path`, and with `pool`
    also those that ask the pools at or below it (DESIGN 4.6)."""

    path: str
    pool: bool

    @classmethod
    def of(cls, reader: Reader) -> Self:
        return cls(reader.organisation_path, reader.is_any_of(*POOL_ROLES))


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    id: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A request whose state has just changed."""

    id: int
    number: str
    status: str
    organisation_id: int
    supplier_id: int
    arrive_by: datetime
