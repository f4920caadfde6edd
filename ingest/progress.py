"""How far each terminal's messages are dealt with: range arithmetic, no I/O.

A terminal numbers its fixes from 0 in each boot and keeps one until it is told that it was dealt with. What
it no longer holds (everything below `oldest`) needs no word from us, so gaps close even if a fix is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from schemas.telemetry import Ack

Range: TypeAlias = tuple[int, int]
"""First and last, both inside."""

MAX_RANGES = 256
"""Kept beyond `upto`. Forgetting one only costs a re-send; a terminal with more gaps than this is faulty."""
SKEW_DRIFT = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """Every number of `boot` up to `upto` is dealt with, and those of `ranges` (ascending, gaps between)."""

    boot: int = 0
    upto: int = -1
    ranges: tuple[Range, ...] = ()

    def advanced(self, seqs: Collection[int], oldest: int) -> Progress:
        """With `seqs` dealt with and everything below `oldest` released by the terminal."""
        upto = max(self.upto, oldest - 1)
        beyond: list[Range] = []
        for first, last in merge([*self.ranges, *((seq, seq) for seq in seqs)]):
            if first <= upto + 1:
                upto = max(upto, last)
            else:
                beyond.append((first, last))
        return Progress(self.boot, upto, tuple(beyond))

    def bounded(self) -> Progress:
        """Without the ranges that are too many to keep."""
        if len(self.ranges) <= MAX_RANGES:
            return self
        return replace(self, ranges=self.ranges[:MAX_RANGES])

    def ack(self) -> Ack:
        return Ack(self.boot, self.upto, list(self.ranges))


@dataclass(slots=True)
class Numbers:
    """Sequence numbers of one boot dealt with in a batch."""

    seqs: list[int] = field(default_factory=list)
    oldest: int = 0

    def add(self, seq: int, oldest: int) -> None:
        self.seqs.append(seq)
        self.oldest = max(self.oldest, min(oldest, seq))


@dataclass(slots=True)
class Heard:
    """What one terminal was heard saying in a batch."""

    received_at: datetime  # of its last message
    online: bool = True  # by its last message
    at: int = -1  # place of that message in the batch
    boots: dict[int, Numbers] = field(default_factory=dict)
    newest_ms: int | None = None  # fix time of its newest stored fix
    lag_s: float | None = None  # receipt after that fix
    skew_s: float | None = None  # sending time minus receipt, smallest in magnitude

    def numbers(self, boot: int) -> Numbers:
        return self.boots.setdefault(boot, Numbers())

    def measure(self, time_ms: int, sent_ms: int, received_ms: int) -> None:
        if self.newest_ms is None or time_ms > self.newest_ms:
            self.newest_ms, self.lag_s = time_ms, (received_ms - time_ms) / 1000
        skew_s = (sent_ms - received_ms) / 1000
        if self.skew_s is None or abs(skew_s) < abs(self.skew_s):
            self.skew_s = skew_s


@dataclass(frozen=True, slots=True)
class TerminalState:
    """A row of terminal_progress."""

    progress: Progress
    online: bool
    last_received_at: datetime
    receive_lag_s: float = 0.0
    clock_skew_s: float = 0.0


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Ascending and disjoint; neighbours that touch become one."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def follow(progress: Progress, boots: dict[int, Numbers]) -> tuple[Progress, list[Ack]]:
    """Progress after these numbers, and what to tell the terminal, one ack for each boot heard.

    A newer boot begins anew. Of an older boot nothing is remembered: its ack tells what was dealt with now.
    """
    acks: list[Ack] = []
    for boot, numbers in sorted(boots.items()):
        if boot > progress.boot:
            progress = Progress(boot)
        if boot < progress.boot:
            acks.append(Progress(boot).advanced(numbers.seqs, numbers.oldest).ack())
            continue
        advanced = progress.advanced(numbers.seqs, numbers.oldest)
        acks.append(advanced.ack())
        progress = advanced.bounded()
    return progress, acks


def listen(state: TerminalState | None, heard: Heard) -> tuple[TerminalState, list[Ack]]:
    """The terminal's row after a batch, and its acks."""
    progress, acks = follow(state.progress if state else Progress(), heard.boots)
    lag_before = state.receive_lag_s if state else 0.0
    after = TerminalState(
        progress=progress,
        online=heard.online,
        last_received_at=max(heard.received_at, state.last_received_at) if state else heard.received_at,
        receive_lag_s=lag_before if heard.lag_s is None else heard.lag_s,
        clock_skew_s=_skew(state.clock_skew_s if state else None, heard.skew_s),
    )
    return after, acks


def _skew(before: float | None, seen: float | None) -> float:
    """Transport only adds delay: the smallest magnitude is nearest the truth. Drifts towards what is seen."""
    if seen is None:
        return before or 0.0
    if before is None or abs(seen) <= abs(before):
        return seen
    return before + (seen - before) * SKEW_DRIFT
