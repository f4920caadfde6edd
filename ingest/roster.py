"""Who serves which range: pure, given who lives and who serves what.

Every living worker comes to its fair share. A worker above it hands ranges back, one below it takes free
ones; nobody takes what another serves, so a range changes hands only through being free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ingest.shards import ShardRange


@dataclass(frozen=True, slots=True)
class Session:
    """A row of ingest_range."""

    client_id: str
    range: ShardRange
    retired: bool = False
    opened: bool = False
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """What one worker shall do next: client ids to begin with, and those to hand back."""

    take: tuple[str, ...] = ()
    hand_back: tuple[str, ...] = ()


def those_who_share(workers: Mapping[str, bool]) -> Collection[str]:
    """Who reaches the broker; if nobody does, it is the broker that is away, and everybody stays."""
    return [name for name, able in workers.items() if able] or list(workers)


def duty(sessions: Iterable[Session], workers: Collection[str], me: str) -> Duty:
    """The next step of `me`. Whoever is not among `workers`, who share the ranges, hands everything back."""
    known = sorted(sessions, key=lambda session: (session.range.ranges, session.range.number))
    current = [session for session in known if not session.retired]
    mine = [session.client_id for session in current if session.worker == me]
    quota = fair_share(len(current), workers, me)
    if len(mine) > quota:
        return Duty(hand_back=tuple(mine[quota:]))
    if me not in workers:
        return Duty()
    free = [session.client_id for session in current if session.worker is None]
    return Duty(take=(*free[: quota - len(mine)], *_to_empty(known, me)))


def fair_share(ranges: int, workers: Collection[str], me: str) -> int:
    """Shares differ by one at most and add up to all ranges."""
    if me not in workers:
        return 0
    each, left = divmod(ranges, len(workers))
    return each + (sorted(workers).index(me) < left)


def _to_empty(sessions: Collection[Session], me: str) -> tuple[str, ...]:
    """One retired session at a time, and none before its successors keep what comes."""
    if not all(session.opened for session in sessions if not session.retired):
        return ()
    retired = [session for session in sessions if session.retired]
    if any(session.worker == me for session in retired):
        return ()
    return tuple(session.client_id for session in retired if session.worker is None)[:1]
