"""Store and forward: a terminal keeps every fix until we told it that it is handled (DESIGN 4.1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import msgspec

from schemas.telemetry import Ack, Fix

RESEND_AFTER_S = 10.0
LARGEST_ARRAY = 60


class Outbox:
    """Unacknowledged fixes of one boot, in order of their numbers. Times are real (monotonic) seconds."""

    def __init__(self, boot: int, resend_after_s: float = RESEND_AFTER_S) -> None:
        self.boot = boot
        self._resend_after_s = resend_after_s
        self._next = 0
        self._held: dict[int, Fix] = {}
        self._sent: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def next_number(self) -> int:
        """Of the fix that comes next."""
        return self._next

    def take_number(self) -> int:
        number, self._next = self._next, self._next + 1
        return number

    def put(self, fix: Fix) -> None:
        self._held[fix.seq] = fix

    def due(self, real_s: float, sent_ms: int) -> Iterator[list[Fix]]:
        """Arrays to send now: what was never sent, and what was sent long ago without an answer."""
        waiting = [n for n in self._held if real_s - self._sent.get(n, -math.inf) >= self._resend_after_s]
        oldest = next(iter(self._held), self._next)
        for start in range(0, len(waiting), LARGEST_ARRAY):
            numbers = waiting[start : start + LARGEST_ARRAY]
            self._sent.update(dict.fromkeys(numbers, real_s))
            yield [msgspec.structs.replace(self._held[n], sent=sent_ms, oldest=oldest) for n in numbers]

    def forget_sending(self) -> None:
        """The connection broke: everything unacknowledged goes out again at once."""
        self._sent.clear()

    def acknowledge(self, ack: Ack) -> list[Fix]:
        """Drop what the acknowledgement covers and return it; one for another boot covers nothing."""
        if ack.boot != self.boot:
            return []
        return self.release([n for n in self._held if _covers(ack, n)])

    def release(self, numbers: Iterable[int]) -> list[Fix]:
        """Drop these, as far as they are still held, and return them."""
        held = [number for number in numbers if number in self._held]
        for number in held:
            self._sent.pop(number, None)
        return [self._held.pop(number) for number in held]


def _covers(ack: Ack, number: int) -> bool:
    return number <= ack.upto or any(first <= number <= last for first, last in ack.ranges)
