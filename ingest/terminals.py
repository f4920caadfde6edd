"""Who is registered, held in memory; a terminal registered a moment ago is found within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from ingest import repository
from ingest.repository import Connection

RELOAD_S = 30.0
"""Everybody is read anew this often (real seconds), so that a deactivated terminal falls out."""
ASK_AGAIN_S = 2.0
"""A terminal that was not found is not looked for again this long."""
MAX_STRANGERS = 10_000


class Terminals:
    """Code to id of every active terminal."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ids: dict[str, int] = {}
        self._reload_at = float("-inf")
        self._strangers: dict[str, float] = {}  # code, and when to look for it again

    def resolve(self, connection: Connection, codes: Iterable[str]) -> Mapping[str, int]:
        """The directory, with those of `codes` that are registered certain to be in it."""
        now = self._monotonic()
        if now >= self._reload_at:
            self._ids = repository.load_terminals(connection)
            self._reload_at = now + RELOAD_S
        missing = [
            code
            for code in codes
            if code not in self._ids and now >= self._strangers.get(code, float("-inf"))
        ]
        if missing:
            self._look_for(connection, missing, now)
        return self._ids

    def forget(self) -> None:
        """Read everybody anew at the next occasion: the database contradicted what is held here."""
        self._reload_at = float("-inf")
        self._strangers.clear()

    def _look_for(self, connection: Connection, codes: list[str], now: float) -> None:
        found = repository.find_terminals(connection, codes)
        self._ids.update(found)
        if len(self._strangers) > MAX_STRANGERS:
            self._strangers.clear()
        for code in codes:
            if code in found:
                self._strangers.pop(code, None)
            else:
                self._strangers[code] = now + ASK_AGAIN_S
