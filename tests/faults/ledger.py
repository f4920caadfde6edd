"""What terminals took and what they were told, on disk before anything else happens with it.

A fix is sent only after its line is synced, and leaves its terminal's outbox only after the line of the
acknowledgement is: whatever dies, the ledger knows at least as much as any terminal did.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TypeAlias

Fate = Literal["stored", "aside", "either"]
"""Where a fix has to be once its terminal was told of it: `aside` is among the dead letters."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A fix came to be in a terminal; `time` in ms UTC."""

    terminal: str
    boot: int
    seq: int
    time: int
    lon: float
    lat: float
    fate: Fate


@dataclass(frozen=True, slots=True)
class Told:
    """An acknowledgement reached a terminal: up to `upto`, and both ends of each range."""

    terminal: str
    boot: int
    upto: int
    ranges: Sequence[Sequence[int]]


Entry: TypeAlias = Taken | Told


class Ledger:
    """Append-only, one JSON array a line. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] = path.open("ab")
        self._dirty = False

    def taken(self, fix: Taken) -> None:
        self._write("taken", fix.terminal, fix.boot, fix.seq, fix.time, fix.lon, fix.lat, fix.fate)

    def told(self, ack: Told) -> None:
        self._write("told", ack.terminal, ack.boot, ack.upto, ack.ranges)

    def commit(self) -> None:
        """On return everything written so far is on the disk."""
        if not self._dirty:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._dirty = False

    def close(self) -> None:
        self.commit()
        self._file.close()

    def _write(self, *values: object) -> None:
        self._file.write(json.dumps(values, separators=(",", ":")).encode() + b"\n")
        self._dirty = True


class LedgerReader:
    """Reads a ledger while it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read_on(self) -> Iterator[Entry]:
        """The complete lines written since the last time, in their order."""
        with self._path.open("rb") as lines:
            lines.seek(self._offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                what, *values = json.loads(line)
                yield Taken(*values) if what == "taken" else Told(*values)
