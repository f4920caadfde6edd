"""A recorded track as a terminal's outbox: every fix becomes due at its moment, shifted to the present."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from fleet.supervision.tracks import Fix as RecordedFix
from schemas.telemetry import Fix, epoch_ms
from simulators.terminals.outbox import Outbox

AS_FAST_AS_POSSIBLE = 0.0
HELD_AT_MOST = 3_000
"""Fixes a replay keeps unacknowledged before it waits for the product."""


def shift_to_present(
    first: datetime, last: datetime, now: datetime, *, speed: float, clock_rate: float
) -> timedelta:
    """What to add to recorded times so that no fix is sent before its own moment, and the last just at it.

    `speed`: recorded seconds in a real second, 0 for as fast as possible; `clock_rate`: business seconds.
    """
    length = last - first
    if speed == AS_FAST_AS_POSSIBLE:
        return now - last
    return now - first - length * max(0.0, 1 - clock_rate / speed)


class RecordedTerminal:
    """Feeds the recorded fixes, in order, into an outbox."""

    def __init__(
        self, code: str, fixes: Sequence[RecordedFix], *, boot: int, shift: timedelta, speed: float
    ) -> None:
        self.code = code
        self.outbox = Outbox(boot)
        self.total = len(fixes)
        self._waiting = deque(fixes)
        self._shift = shift
        self._first = fixes[0].time
        self._speed = speed

    @property
    def finished(self) -> bool:
        """Everything was sent and acknowledged."""
        return not self._waiting and len(self.outbox) == 0

    @property
    def waits_for_answers(self) -> bool:
        return len(self.outbox) > 0

    @property
    def handled(self) -> int:
        return self.total - len(self._waiting) - len(self.outbox)

    def feed(self, real_elapsed_s: float) -> None:
        """Hand over what is due `real_elapsed_s` real seconds after the start."""
        while self._waiting and len(self.outbox) < HELD_AT_MOST and self._is_due(real_elapsed_s):
            self._put(self._waiting.popleft())

    def has_coverage(self, _at: datetime) -> bool:
        return True

    def sending_time(self, at: datetime) -> int:
        return epoch_ms(at)

    def _is_due(self, real_elapsed_s: float) -> bool:
        if self._speed == AS_FAST_AS_POSSIBLE:
            return True
        return (self._waiting[0].time - self._first).total_seconds() <= real_elapsed_s * self._speed

    def _put(self, recorded: RecordedFix) -> None:
        self.outbox.put(
            Fix(
                time=epoch_ms(recorded.time + self._shift),
                sent=epoch_ms(recorded.time + self._shift),
                boot=self.outbox.boot,
                seq=self.outbox.take_number(),
                oldest=0,
                lon=recorded.lon,
                lat=recorded.lat,
                speed=min(recorded.speed_kmh, 500.0),
                heading=recorded.heading_deg % 360,
                fixed=recorded.fixed,
                ignition=recorded.ignition,
                satellites=recorded.satellites,
            )
        )
