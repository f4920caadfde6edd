"""The fixes of a batch as columns: what is done to thousands of them is done at once."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec.structs import astuple

from schemas.telemetry import DIGEST_FACTOR, DIGEST_START, MISSING, SINGLE_PRECISION, Fix

Column: TypeAlias = npt.NDArray[Any]

CONTENT = Fix.__struct_fields__.index("lon")
"""From here on the fields are what `content_digest` covers, in its order (a test compares the two)."""
INTEGERS = frozenset({"time", "sent", "boot", "seq", "oldest", "alarm", "status"})
"""Below 2**53 all of them, so that a double holds each exactly."""
ROW = struct.Struct(f"<{len(Fix.__struct_fields__)}d")
START, FACTOR, HALF = np.uint64(DIGEST_START), np.uint64(DIGEST_FACTOR), np.uint64(32)


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

    def add(self, fix: Fix, terminal_id: int, received_ms: int, origin: int) -> None:
        self.fixes.append(fix)
        self.terminal_ids.append(terminal_id)
        self.received.append(received_ms)
        self.origins.append(origin)

    def extend(self, fixes: Sequence[Fix], terminal_id: int, received_ms: int, origin: int) -> None:
        """All of one message."""
        self.fixes += fixes
        self.terminal_ids += [terminal_id] * len(fixes)
        self.received += [received_ms] * len(fixes)
        self.origins += [origin] * len(fixes)

    def positions(self) -> Positions:
        """All of them as doubles first, NaN for what is missing: no NaN passes the decoder."""
        try:
            packed = b"".join([ROW.pack(*astuple(fix)) for fix in self.fixes])
        except struct.error:  # somewhere a null
            packed = b"".join([ROW.pack(*map(_number, astuple(fix))) for fix in self.fixes])
        table = np.frombuffer(packed).reshape(-1, len(Fix.__struct_fields__)).T.copy()
        return Positions(
            terminal_id=np.array(self.terminal_ids, dtype="i4"),
            received=np.array(self.received, dtype="i8"),
            origin=np.array(self.origins, dtype="i8"),
            digest=digests(table[CONTENT:]),
            columns={
                name: values.astype("i8") if name in INTEGERS else values
                for name, values in zip(Fix.__struct_fields__, table, strict=True)
            },
        )


def digests(content: Column) -> Column:
    """`content_digest` of each fix; `content` has a row for each field from `lon` on."""
    digest = np.full(content.shape[1], START)
    for place, values in enumerate(content):
        stored = values.astype("f4").astype("f8") if place in SINGLE_PRECISION else values
        digest ^= (stored + 0.0).view("u8")
        digest *= FACTOR
        digest ^= digest >> HALF
    return digest.view("i8")


def _number(value: float | None) -> float:
    return MISSING if value is None else value


def group_starts(ordered: Column) -> Column:
    """Where equal neighbours begin."""
    if not len(ordered):
        return np.zeros(0, dtype="i8")
    return np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))


def group_ends(starts: Column, size: int) -> Column:
    """The last row of each group, for `group_starts`."""
    return np.concatenate((starts[1:], [size])) - 1 if size else starts
