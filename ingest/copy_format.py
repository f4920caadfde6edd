"""Columns to PostgreSQL's binary COPY format: rows have a fixed length, so all are laid out at once."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from ingest.positions import Column

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL_LENGTH = -1

# bool, int2, int4, int8, float4, float8; timestamptz is an int8 of microseconds since 2000
KINDS: Mapping[str, str] = {
    "bool": "i1", "int2": ">i2", "int4": ">i4", "int8": ">i8", "float4": ">f4", "float8": ">f8",
    "timestamptz": ">i8",
}  # fmt: skip
OIDS: Mapping[str, int] = {"int4": 23, "int8": 20, "float4": 700, "timestamptz": 1184}
"""PostgreSQL's numbers of the types that arrays are made of."""


Typed: TypeAlias = Mapping[str, tuple[str, Column]]
"""By name of column in the order of the statement: PostgreSQL's type and the values."""


def copy_bytes(*blocks: Typed) -> bytes:
    """The whole input of COPY ... (FORMAT binary).

    A NaN is a NULL: the fields of a fix that may be missing are floats here, and hold no other NaN. Rows that
    lack the same fields have the same length and are laid out together, so rows may change their order.
    A jsonb column is an array of byte strings of one length for each block.
    """
    return b"".join([HEADER, *(_rows(block) for block in blocks), TRAILER])


def copy_arrays(columns: Typed) -> bytes:
    """The input of COPY for one row, in which every column is an array."""
    fields = [_array(kind, values) for kind, values in columns.values()]
    head = HEADER + len(fields).to_bytes(2, "big")
    return b"".join([head, *(len(field).to_bytes(4, "big") + field for field in fields), TRAILER])


def _array(kind: str, values: Column) -> bytes:
    """One dimension whose elements are counted from 1, none of them NULL."""
    layout = np.dtype([("length", ">i4"), ("value", KINDS[kind])])
    elements = np.empty(len(values), dtype=layout)
    elements["length"] = layout["value"].itemsize
    elements["value"] = values
    return struct.pack(">iiIii", 1, 0, OIDS[kind], len(values), 1) + elements.tobytes()


def _rows(columns: Typed) -> bytes:
    missing = {name: np.isnan(values) for name, (_, values) in columns.items() if values.dtype.kind == "f"}
    lacking = {name: where for name, where in missing.items() if where.any()}
    if not lacking:
        return _block(columns, frozenset())
    pattern = np.zeros(len(next(iter(lacking.values()))), dtype="i8")
    for bit, where in enumerate(lacking.values()):
        pattern |= where.astype("i8") << bit
    blocks = []
    for value in np.unique(pattern):
        chosen = pattern == value
        nulls = frozenset(name for bit, name in enumerate(lacking) if value >> bit & 1)
        blocks.append(
            _block({name: (kind, values[chosen]) for name, (kind, values) in columns.items()}, nulls)
        )
    return b"".join(blocks)


def _block(columns: Typed, nulls: frozenset[str]) -> bytes:
    kinds = tuple(
        (name, f"S{values.dtype.itemsize}" if kind == "jsonb" else KINDS[kind])
        for name, (kind, values) in columns.items()
    )
    layout = _layout(kinds, nulls)
    rows = np.empty(len(next(iter(columns.values()))[1]), dtype=layout)
    rows["fields"] = len(columns)
    for name, (_, values) in columns.items():
        if name in nulls:
            rows[f"{name} length"] = NULL_LENGTH
        else:
            rows[f"{name} length"] = layout[name].itemsize
            rows[name] = values
    return rows.tobytes()


@lru_cache(maxsize=256)
def _layout(kinds: tuple[tuple[str, str], ...], nulls: frozenset[str]) -> np.dtype[np.void]:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in kinds:
        fields.append((f"{name} length", ">i4"))
        if name not in nulls:
            fields.append((name, kind))
    return np.dtype(fields)
