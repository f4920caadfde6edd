"""The fixes of a batch as columns: what is done to thousands of them is done at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import astuple

from schemas.telemetry import Fix

Column: TypeAlias = npt.NDArray[Any]

CONTENT = Fix.__struct_fields__.index("lon")
"""From here on the fields are what `content_digest` covers, in its order (a test compares the two)."""
WIRE_TYPES: dict[str, str] = {
    "time": "i8", "sent": "i8", "boot": "i4", "seq": "i8", "oldest": "i8", "lon": "f8", "lat": "f8",
    "speed": "f8", "heading": "f8", "fixed": "?", "altitude": "f8", "odometer": "f8", "ignition": "f8",
    "energy": "f8", "satellites": "f8", "hdop": "f8", "alarm": "i8", "status": "i8",
}  # fmt: skip
"""Of each field of Fix. What may be missing is a float, NaN where it is: no NaN passes the decoder."""


@dataclass(frozen=True)
class Positions:
    """Fixes with whose they are, when they came and in which message of the batch.

    `received` is in ms since 1970 UTC, `origin` a message's place in its batch. Columns are as on the wire.
    """

    terminal_id: Column
    received: Column
    origin: Column
    digest: Column
    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(self.terminal_id)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def only(self, chosen: Column) -> Positions:
        """Those of a mask or of row numbers, in their order."""
        return Positions(
            self.terminal_id[chosen],
            self.received[chosen],
            self.origin[chosen],
            self.digest[chosen],
            {name: column[chosen] for name, column in self.columns.items()},
        )

    def by_terminal(self) -> Positions:
        """Ordered by terminal and time; equals stay in the order in which they came."""
        return self.only(np.lexsort((self.columns["time"], self.terminal_id)))

    @cached_property
    def first(self) -> Column:
        """Where each terminal's rows begin, of rows ordered by terminal."""
        return group_starts(self.terminal_id)

    @cached_property
    def last(self) -> Column:
        """Where each terminal's rows end, inclusive."""
        return group_ends(self.first, len(self))


@dataclass(slots=True)
class Gathering:
    """Fixes on their way to `Positions`, in the order in which they came."""

    fixes: list[Fix] = field(default_factory=list)
    terminal_ids: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)

    def positions(self) -> Positions:
        rows = [astuple(fix) for fix in self.fixes]
        fields = zip(*rows, strict=True) if rows else [()] * len(WIRE_TYPES)
        return Positions(
            terminal_id=np.array(self.terminal_ids, dtype="i4"),
            received=np.array(self.received, dtype="i8"),
            origin=np.array(self.origins, dtype="i8"),
            digest=digests(rows),
            columns={
                name: np.array(values, dtype=kind)
                for (name, kind), values in zip(WIRE_TYPES.items(), fields, strict=True)
            },
        )


def digests(rows: Sequence[tuple[Any, ...]]) -> Column:
    """`content_digest` of each row of field values."""
    encode, blake2b = msgspec.msgpack.Encoder().encode, hashlib.blake2b
    joined = b"".join([blake2b(encode(row[CONTENT:]), digest_size=8).digest() for row in rows])
    return np.frombuffer(joined, dtype=">i8").astype("i8")


def group_starts(ordered: Column) -> Column:
    """Where equal neighbours begin."""
    if not len(ordered):
        return np.zeros(0, dtype="i8")
    return np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))


def group_ends(starts: Column, size: int) -> Column:
    """The last row of each group, for `group_starts`."""
    return np.concatenate((starts[1:], [size])) - 1 if size else starts
