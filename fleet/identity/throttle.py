"""Slows guessing: after some failures a login from an address, and then the address, must wait."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fleet.errors import FleetError


class TooManyAttemptsError(FleetError):
    status, kind, title = 429, "too-many-attempts", "Too many attempts"


@dataclass(slots=True)
class SignInThrottle:
    """Failures of the last `window_s` real seconds, kept by this process for the newest `remembered` keys.

    Keyed by login and address together, so nobody can lock another person out from elsewhere.
    """

    per_login: int = 5
    per_address: int = 50
    window_s: float = 300
    remembered: int = 10_000
    monotonic: Callable[[], float] = time.monotonic
    _failures: OrderedDict[tuple[str, str], deque[float]] = field(default_factory=OrderedDict)

    def check(self, login: str, address: str) -> None:
        """Raise TooManyAttemptsError while the login or the address has too many recent failures."""
        for key, allowed in self._keys(login, address):
            recent = self._recent(key)
            if len(recent) >= allowed:
                wait = int(recent[-allowed] + self.window_s - self.monotonic()) + 1
                raise TooManyAttemptsError(
                    "too many failed sign-ins", f"Wait {wait} s, or ask an administrator for a new password."
                )

    def failed(self, login: str, address: str) -> None:
        for key, _ in self._keys(login, address):
            self._failures.setdefault(key, deque(maxlen=self.per_address)).append(self.monotonic())
            self._failures.move_to_end(key)
        while len(self._failures) > self.remembered:
            self._failures.popitem(last=False)

    def succeeded(self, login: str, address: str) -> None:
        self._failures.pop((login, address), None)

    def _keys(self, login: str, address: str) -> Iterator[tuple[tuple[str, str], int]]:
        yield (login, address), self.per_login
        yield ("", address), self.per_address

    def _recent(self, key: tuple[str, str]) -> deque[float]:
        failures = self._failures.get(key, deque())
        while failures and failures[0] <= self.monotonic() - self.window_s:
            failures.popleft()
        return failures
