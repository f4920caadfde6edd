"""Who is registered, held in memory; a terminal registered a moment ago is found within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from ingest import repository
from ingest.repository import Connection
from ingest.validate import address_of

RELOAD_S = 30.0
"""Everybody is read anew this often (real seconds), so that a deactivated terminal falls out."""
ASK_AGAIN_S = 2.0
"""A terminal that was not found is not looked for again this long."""
MAX_STRANGERS = 10_000


@dataclass(frozen=True)
class Directory:
    """Every active terminal, and the topics of those that were heard."""

    ids: dict[str, int] = field(default_factory=dict)  # by code
    codes: dict[int, str] = field(default_factory=dict)  # by id
    fix_topics: dict[str, int] = field(default_factory=dict)  # id by topic: saves taking topics apart


class Terminals:
    """Keeps a `Directory` that is never older than RELOAD_S."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._directory = Directory()
        self._reload_at = float("-inf")
        self._strangers: dict[str, float] = {}  # code, and when to look for it again

    @property
    def directory(self) -> Directory:
        """As it is known now. It is another object as soon as anybody has joined or left it."""
        return self._directory

    def resolve(self, connection: Connection, topics: Iterable[str]) -> Directory:
        """The directory, with those who speak under `topics` certain to be in it if they are registered."""
        now = self._monotonic()
        if now >= self._reload_at:
            ids = repository.load_terminals(connection)
            self._directory = Directory(ids, {terminal_id: code for code, terminal_id in ids.items()})
            self._reload_at = now + RELOAD_S
        known = self._directory.fix_topics
        unknown = [topic for topic in topics if topic not in known]
        if unknown:
            self._learn(connection, unknown, now)
        return self._directory

    def forget(self) -> None:
        """Read everybody anew at the next occasion: the database contradicted what is held here."""
        self._reload_at = float("-inf")
        self._strangers.clear()

    def _learn(self, connection: Connection, topics: Iterable[str], now: float) -> None:
        addresses = [
            (topic, address) for topic in topics if (address := address_of(topic)) and address.genuine
        ]
        ids, strangers = self._directory.ids, self._strangers
        missing = {
            address.terminal
            for _, address in addresses
            if address.terminal not in ids and now >= strangers.get(address.terminal, float("-inf"))
        }
        if missing:
            self._look_for(connection, missing, now)
        for topic, address in addresses:
            if address.kind == "fix" and address.terminal in ids:
                self._directory.fix_topics[topic] = ids[address.terminal]

    def _look_for(self, connection: Connection, codes: Collection[str], now: float) -> None:
        found = repository.find_terminals(connection, codes)
        if found:
            self._directory.ids.update(found)
            self._directory.codes.update((terminal_id, code) for code, terminal_id in found.items())
            self._directory = replace(self._directory)
        if len(self._strangers) > MAX_STRANGERS:
            self._strangers.clear()
        for code in codes:
            if code in found:
                self._strangers.pop(code, None)
            else:
                self._strangers[code] = now + ASK_AGAIN_S
