"""Bringing terminal_progress up to the journal, a few rows with every batch.

Where a batch has many terminals, how far each of them is acknowledged is committed as one row of
`terminal_progress_journal`: a row of `terminal_progress` for each would cost as much as the fix itself. A
checkpoint saves every row that only the journal has, evenly over CHECKPOINT_S so that no batch waits for it,
and then drops the entries of the journal that it made superfluous.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.positions import Column

CHECKPOINT_S = 10.0
"""Real seconds from one checkpoint to the next; readers of terminal_progress may be this far behind."""
NOBODY = np.zeros(0, dtype="i4")


@dataclass(frozen=True)
class Step:
    """What the next transaction contributes to the checkpoint, worth nothing until it is committed."""

    terminal_ids: Column
    superfluous: Sequence[int]
    """Entries of the journal that may go once these are saved."""
    last: bool


class Checkpoint:
    """The one under way, and the entries written since it began."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._waiting = NOBODY
        self._covered: list[int] = []
        self._entries: list[int] = []

    @property
    def behind(self) -> bool:
        """Whether the journal has entries of ours."""
        return bool(self._covered or self._entries)

    @property
    def overdue(self) -> bool:
        """Whether they lie there too long because no batch came that could have taken the rows along."""
        return self.behind and self._monotonic() - self._began >= CHECKPOINT_S

    def step(self) -> Step:
        """As many rows as are due by now."""
        passed = (self._monotonic() - self._began) / CHECKPOINT_S
        if passed >= 1:
            return self.rest()
        due = int(np.ceil(len(self._waiting) * passed))
        return Step(self._waiting[:due], (), last=False)

    def rest(self) -> Step:
        """All that is left of it."""
        return Step(self._waiting, self._covered, last=True)

    def commit(self, step: Step, entry: int | None, journaled: Callable[[], Column]) -> None:
        """`step` is committed and with it this entry of the journal; `journaled` says whom it alone knows."""
        if entry is not None:
            self._entries.append(entry)
        self._waiting = self._waiting[len(step.terminal_ids) :]
        if step.last:
            self._began = self._monotonic()
            self._waiting = journaled()
            self._covered, self._entries = self._entries, []
