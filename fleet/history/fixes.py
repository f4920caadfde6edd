"""Fixes of one terminal as columns: what the codec packs, and what the database gives and takes.

A `Fixes` is a numpy array of dtype `FIX`, in order of time and digest, each key once. A column that may be
null holds 0 where it is, and the bit of the column in `nulls` is set, so that equal rows are equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Fixes: TypeAlias = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `position` as it lies in memory; `null_bit` is 0 where the table forbids null."""

    name: str
    dtype: str
    null_bit: int = 0
    is_time: bool = False


COLUMNS = (
    Column("time", "<i8", is_time=True),  # microseconds since 1970, UTC, as the two below
    Column("digest", "<i8"),
    Column("sent_at", "<i8", is_time=True),
    Column("received_at", "<i8", is_time=True),
    Column("boot", "<i4"),
    Column("seq", "<i8"),
    Column("lon", "<f8"),
    Column("lat", "<f8"),
    Column("speed_kmh", "<f4"),
    Column("heading_deg", "<f4"),
    Column("altitude_m", "<f4", null_bit=1),
    Column("odometer_km", "<f8", null_bit=2),
    Column("ignition", "?", null_bit=4),
    Column("energy_pct", "<f4", null_bit=8),
    Column("satellites", "<i2", null_bit=16),
    Column("hdop", "<f4", null_bit=32),
    Column("fixed", "?"),
    Column("alarm", "<i8"),
    Column("status", "<i8"),
)
BY_NAME = {column.name: column for column in COLUMNS}
FIX = np.dtype([*((column.name, column.dtype) for column in COLUMNS), ("nulls", "u1")])

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Fixes:
    """From a list of values for each column, None for null and times in microseconds since 1970."""
    fixes = np.zeros(len(columns["time"]), FIX)
    for column in COLUMNS:
        values = columns[column.name]
        if column.null_bit:
            absent = np.fromiter((value is None for value in values), np.bool_, len(values))
            if absent.any():
                fixes["nulls"][absent] |= column.null_bit
                values = [0 if value is None else value for value in values]
        fixes[column.name] = np.asarray(values, dtype=column.dtype)
    return in_order(fixes)


def in_order(fixes: Fixes) -> Fixes:
    """Sorted by time and digest, each key once."""
    order = np.lexsort((fixes["digest"], fixes["time"]))
    times, digests = fixes["time"][order], fixes["digest"][order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (times[1:] != times[:-1]) | (digests[1:] != digests[:-1])
    found: Fixes = fixes[order[is_new]]
    return found


def merged(known: Fixes, late: Fixes) -> Fixes:
    """Both; of a fix that is in both, the one that was known first."""
    return in_order(np.concatenate([known, late]))


def values(fixes: Fixes, name: str) -> list[Any]:
    """A column as Python values: None for null, aware datetimes for times."""
    column = BY_NAME[name]
    plain = fixes[name].tolist()
    if column.is_time:
        return [moment(value) for value in plain]
    if column.null_bit:
        absent = ((fixes["nulls"] & column.null_bit) != 0).tolist()
        return [None if gone else value for value, gone in zip(plain, absent, strict=True)]
    return list(plain)
