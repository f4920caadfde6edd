"""What terminals were told is safe, on disk: the independent half of the proof that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from schemas.telemetry import Fix, content_digest


class Acknowledged(msgspec.Struct, frozen=True, array_like=True):
    """One fix whose acknowledgement reached its terminal."""

    terminal: str
    boot: int
    seq: int
    time: int  # ms UTC
    digest: int


class Ledger:
    """Append-only file of acknowledged fixes, one JSON array a line; survives the simulator's own death."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("ab")
        self.count = 0

    def write(self, terminal: str, fixes: Iterable[Fix]) -> None:
        for fix in fixes:
            entry = Acknowledged(terminal, fix.boot, fix.seq, fix.time, content_digest(fix))
            self._file.write(msgspec.json.encode(entry) + b"\n")
            self.count += 1
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_ledger(path: Path) -> Iterator[Acknowledged]:
    """Entries of a ledger; a last line cut short by a kill is passed over."""
    decode = msgspec.json.Decoder(Acknowledged).decode
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield decode(line)
