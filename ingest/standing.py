"""Where every terminal stands (rows of terminal_progress), in memory as columns.

Nearly always a terminal continues where it stood, without a gap: such are advanced all at once. Whoever has
gaps, a backlog of an earlier boot, messages put aside or a status goes through the rules of `progress` one by
one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.positions import Column, Positions, group_ends, group_starts
from ingest.progress import SKEW_DRIFT, Heard, Progress, Range, TerminalState, listen
from ingest.validate import EPOCH, milliseconds, moment
from schemas.telemetry import Ack

ROW = np.dtype(
    [
        ("terminal_id", "i4"),
        ("boot", "i4"),
        ("upto", "i8"),
        ("ranged", "?"),  # whether there are ranges beyond `upto`
        ("online", "?"),
        ("received", "i8"),  # last, ms since 1970
        ("lag", "f8"),  # seconds
        ("skew", "f8"),
        ("known", "?"),  # false: never heard before, all else is a default
        ("journaled", "?"),  # terminal_progress does not say so yet, only its journal
    ]
)
FAR = np.int64(2**62)
UNREAD, LEAST_ROOM = -1, 1_024
JOURNAL_FROM = 256
"""Rows of a batch from which on they are journaled; fewer are saved at once, which costs as little."""
MAX_SUSPECTS = 16
"""Numbers of one terminal and batch that are looked up: a faulty terminal shall not slow down all others."""


@dataclass(frozen=True)
class Advance:
    """Rows as they are after a batch, worth nothing until it is committed; and what to tell the terminals."""

    rows: Column
    ranges: Mapping[int, tuple[Range, ...]]  # by terminal, where there are any
    acks: Sequence[tuple[int, Ack]]  # by terminal

    @property
    def saved(self) -> Column:
        """Rows of terminal_progress."""
        rows: Column = self.rows[~self.rows["journaled"]]
        return rows

    @property
    def journaled(self) -> Column:
        """Rows that went on without a gap, online as before: one entry of the journal holds them all."""
        rows: Column = self.rows[self.rows["journaled"]]
        return rows


NOTHING_NEW = Advance(np.zeros(0, dtype=ROW), {}, ())


class Standings:
    """The rows as committed, read from the database as terminals are first heard."""

    def __init__(self) -> None:
        self._slots = np.full(0, UNREAD, dtype="i4")  # place in `_rows` by terminal id
        self._count = 0
        self._rows = np.zeros(0, dtype=ROW)
        self._ranges: dict[int, tuple[Range, ...]] = {}

    def unread(self, terminal_ids: Column) -> list[int]:
        """Those whose rows were not read yet."""
        if not len(terminal_ids):
            return []
        self._make_room(int(terminal_ids.max()) + 1)
        unread: list[int] = np.unique(terminal_ids[self._slots[terminal_ids] == UNREAD]).tolist()
        return unread

    def learn(self, terminal_ids: Collection[int], states: Mapping[int, TerminalState]) -> None:
        """What the database holds of `terminal_ids`; who is not in `states` was never heard."""
        first, self._count = self._count, self._count + len(terminal_ids)
        ids = list(terminal_ids)
        self._make_room(max(ids) + 1)
        self._slots[ids] = np.arange(first, self._count)
        rows = [_row(terminal_id, states.get(terminal_id)) for terminal_id in ids]
        self._rows[first : first + len(rows)] = np.array(rows, dtype=ROW)
        self._ranges |= {
            terminal_id: state.progress.ranges
            for terminal_id, state in states.items()
            if state.progress.ranges
        }

    def journaled(self) -> Column:
        """Ids of the terminals of which the journal knows more than terminal_progress."""
        rows = self._rows[: self._count]
        ids: Column = rows["terminal_id"][rows["journaled"]]
        return ids

    def saved(self, terminal_ids: Column) -> None:
        """terminal_progress says of them what is said here."""
        self._rows["journaled"][self._find(terminal_ids)] = False

    def commit(self, advance: Advance) -> None:
        self._rows[self._find(advance.rows["terminal_id"])] = advance.rows
        for terminal_id in advance.rows["terminal_id"][advance.rows["ranged"]].tolist():
            self._ranges[terminal_id] = advance.ranges[terminal_id]

    def standing(self, terminal_ids: Column) -> Column:
        """A copy of the rows of these terminals."""
        return self._rows[self._find(terminal_ids)]

    def suspects(self, stored: Positions) -> Positions:
        """Those whose number was dealt with before this batch, or stands for another fix of it.

        Of a boot before the present one no numbers are remembered. At most MAX_SUSPECTS of each terminal.
        """
        if not len(stored):
            return stored
        counts = np.diff(stored.first, append=len(stored))
        slots = np.repeat(self._find(stored.terminal_id[stored.first]), counts)
        boot, seq = stored["boot"], stored["seq"]
        present = self._rows["known"][slots] & (boot == self._rows["boot"][slots])
        chosen = present & (seq <= self._rows["upto"][slots])
        for row in np.flatnonzero(present & self._rows["ranged"][slots] & ~chosen).tolist():
            chosen[row] = self._in_ranges(int(stored.terminal_id[row]), int(seq[row]))
        chosen |= _twins(stored)
        return stored.only(_first_of_each(chosen, stored.first))

    def _in_ranges(self, terminal_id: int, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self._ranges.get(terminal_id, ()))

    def advance(self, numbered: Positions, stored: Positions, heard: Mapping[int, Heard]) -> Advance:
        """After a batch: `numbered` are all readable fixes, `stored` (ordered by terminal) those of them that
        are kept; `heard` is everything else that terminals said.
        """
        ids, steady, rows, acks = self._continue(numbered, frozenset(heard))
        _measure(rows, stored)
        ranges: dict[int, tuple[Range, ...]] = {}
        by_hand = {int(terminal_id): Heard(EPOCH) for terminal_id in ids[~steady]} | dict(heard)
        if by_hand:
            _add_numbers(by_hand, numbered, stored)
            rows = rows[steady]
            others, told = self._listen(by_hand, ranges)
            rows, acks = np.concatenate((rows, others)), [*acks, *told]
        return Advance(rows, ranges, acks)

    def _continue(
        self, numbered: Positions, not_these: Collection[int]
    ) -> tuple[Column, Column, Column, list[tuple[int, Ack]]]:
        """Every terminal of `numbered`: its id, whether it continued without a gap, its row and ack if so."""
        order = np.lexsort((numbered["seq"], numbered["boot"], numbered.terminal_id))
        terminal_id, boot, seq = (
            column[order] for column in (numbered.terminal_id, numbered["boot"], numbered["seq"])
        )
        first = group_starts(terminal_id)
        last = group_ends(first, len(order))
        ids = terminal_id[first]
        rows = self.standing(ids)
        if not len(ids):
            return ids, np.zeros(0, dtype=bool), rows, []
        same_boot = boot[first] == rows["boot"]
        oldest = np.minimum(numbered["oldest"], numbered["seq"])[order]
        base = np.where(same_boot, rows["upto"], -1)
        base = np.maximum(base, np.maximum.reduceat(oldest, first) - 1)
        steady = (
            _without_gap(seq, base, first)
            & (boot[first] == boot[last])
            & (boot[first] >= rows["boot"])
            & ~(rows["ranged"] & same_boot)
        )
        if not_these:
            steady &= ~np.isin(ids, list(not_these))
        rows["journaled"] = rows["known"] & rows["online"] & (len(ids) >= JOURNAL_FROM)
        rows["boot"], rows["upto"] = boot[last], np.maximum(base, seq[last])
        rows["ranged"] = False
        rows["online"] = True
        newest = np.maximum.reduceat(numbered.received[order], first)
        rows["received"] = np.maximum(rows["received"], newest)
        told = zip(
            ids[steady].tolist(), boot[last][steady].tolist(), rows["upto"][steady].tolist(), strict=True
        )
        return ids, steady, rows, [(terminal, Ack(boot, upto)) for terminal, boot, upto in told]

    def _listen(
        self, by_hand: Mapping[int, Heard], ranges: dict[int, tuple[Range, ...]]
    ) -> tuple[Column, list[tuple[int, Ack]]]:
        rows, acks = [], []
        for terminal_id, said in by_hand.items():
            state, told = listen(self.state(terminal_id), said)
            acks += [(terminal_id, ack) for ack in told]
            rows.append(_row(terminal_id, state))
            ranges[terminal_id] = state.progress.ranges
        return np.array(rows, dtype=ROW), acks

    def state(self, terminal_id: int) -> TerminalState | None:
        """As committed; None if it was never heard."""
        row = self._rows[self._slots[terminal_id]]
        if not row["known"]:
            return None
        ranges = self._ranges.get(terminal_id, ()) if row["ranged"] else ()
        return TerminalState(
            Progress(int(row["boot"]), int(row["upto"]), ranges),
            bool(row["online"]),
            moment(int(row["received"])),
            float(row["lag"]),
            float(row["skew"]),
        )

    def _find(self, terminal_ids: Column) -> Column:
        slots: Column = self._slots[terminal_ids]
        return slots

    def _make_room(self, ids: int) -> None:
        """For terminal ids below `ids`, which are given one after the other, and for `_count` rows."""
        if ids > len(self._slots):
            grown = np.full(max(LEAST_ROOM, 2 * ids), UNREAD, dtype="i4")
            grown[: len(self._slots)] = self._slots
            self._slots = grown
        if self._count > len(self._rows):
            room = np.zeros(max(LEAST_ROOM, 2 * self._count), dtype=ROW)
            room[: len(self._rows)] = self._rows
            self._rows = room


def _row(terminal_id: int, state: TerminalState | None) -> tuple[object, ...]:
    """In the order of ROW."""
    if state is None:
        return (terminal_id, 0, -1, False, True, 0, 0.0, 0.0, False, False)
    progress = state.progress
    return (
        terminal_id, progress.boot, progress.upto, bool(progress.ranges), state.online,
        milliseconds(state.last_received_at), state.receive_lag_s, state.clock_skew_s, True,
        False,
    )  # fmt: skip


def _twins(stored: Positions) -> Column:
    """Fixes of one batch that share a number but not their content."""
    twins = np.zeros(len(stored), dtype=bool)
    if len(stored.first) == len(stored):
        return twins
    order = np.lexsort((stored.digest, stored["time"], stored["seq"], stored["boot"], stored.terminal_id))
    terminal_id, boot, seq, time, digest = (
        column[order]
        for column in (stored.terminal_id, stored["boot"], stored["seq"], stored["time"], stored.digest)
    )
    same = (terminal_id[1:] == terminal_id[:-1]) & (boot[1:] == boot[:-1]) & (seq[1:] == seq[:-1])
    twins[order[1:]] = same & ((time[1:] != time[:-1]) | (digest[1:] != digest[:-1]))
    return twins


def _first_of_each(chosen: Column, first: Column) -> Column:
    """Row numbers of `chosen`, of each group the first MAX_SUSPECTS."""
    rows = np.flatnonzero(chosen)
    group = np.searchsorted(first, rows, side="right")
    starts = group_starts(group)
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    few: Column = rows[rank < MAX_SUSPECTS]
    return few


def _without_gap(seq: Column, base: Column, first: Column) -> Column:
    """For each group of ascending numbers, whether they leave no gap after its `base`."""
    expected = np.empty_like(seq)
    expected[1:] = seq[:-1]
    expected[first] = base
    counts = np.diff(first, append=len(seq))
    expected = np.maximum(expected, np.repeat(base, counts)) + 1
    steady: Column = np.logical_and.reduceat(seq <= expected, first)
    return steady


def _measure(rows: Column, stored: Positions) -> None:
    """Receive lag of each terminal's newest stored fix, and its clock skew, by the rules of `progress`."""
    if len(stored):
        first, last = stored.first, stored.last
        at = np.searchsorted(rows["terminal_id"], stored.terminal_id[first])
        rows["lag"][at] = (stored.received[last] - stored["time"][last]) / 1000
        seen = _smallest(stored["sent"] - stored.received, first) / 1000
        before = rows["skew"][at]
        nearer = ~rows["known"][at] | (np.abs(seen) <= np.abs(before))
        rows["skew"][at] = np.where(nearer, seen, before + (seen - before) * SKEW_DRIFT)
    rows["known"] = True


def _smallest(values: Column, first: Column) -> Column:
    """Of each group the value nearest to 0."""
    ahead = np.minimum.reduceat(np.where(values >= 0, values, FAR), first)
    behind = np.maximum.reduceat(np.where(values <= 0, values, -FAR), first)
    return np.where(ahead <= -behind, ahead, behind)


def _add_numbers(by_hand: Mapping[int, Heard], numbered: Positions, stored: Positions) -> None:
    """What these terminals said in fixes, added to what else they were heard saying."""
    theirs = numbered.only(np.isin(numbered.terminal_id, list(by_hand)))
    for terminal_id, origin, received, boot, seq, oldest in zip(
        theirs.terminal_id.tolist(), theirs.origin.tolist(), theirs.received.tolist(),
        theirs["boot"].tolist(), theirs["seq"].tolist(), theirs["oldest"].tolist(), strict=True,
    ):  # fmt: skip
        heard = by_hand[terminal_id]
        heard.numbers(boot).add(seq, oldest)
        if origin > heard.at:
            heard.at, heard.received_at, heard.online = origin, moment(received), True
    kept = stored.only(np.isin(stored.terminal_id, list(by_hand)))
    for terminal_id, time, sent, received in zip(
        kept.terminal_id.tolist(), kept["time"].tolist(), kept["sent"].tolist(), kept.received.tolist(),
        strict=True,
    ):  # fmt: skip
        by_hand[terminal_id].measure(time, sent, received)
