"""The person behind a request."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.audit import Actor


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and from where in the tree of organisations: every query is bounded by this."""

    account_id: int
    login: str
    name: str
    title: str
    organisation_id: int
    organisation_name: str
    organisation_path: str
    roles: frozenset[str]
    driver_id: int | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.name, self.account_id)

    def is_any_of(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)
