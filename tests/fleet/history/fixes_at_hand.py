"""Fixes for tests: as a terminal sends them, or anything the table could hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fleet.history.fixes import COLUMNS, Column, Fixes, from_columns, microseconds
from ingest.positions import Gathering
from ingest.rows import PG_EPOCH_MS, position_columns
from schemas.telemetry import Fix
from tests.fleet.office import MORNING

NUMBERS = {"<i8": 64, "<i4": 32, "<i2": 16}


def track(count: int, *, first_s: int = 0, step_s: int = 10, **changes: Any) -> Fixes:
    """A car driving north-east, as ingest stores it; from `first_s` seconds after 09:00 in Shanghai on."""
    return stored([_driving(first_s + number * step_s) for number in range(count)], **changes)


def _driving(second: int) -> Fix:
    time = microseconds(MORNING) // 1000 + second * 1000
    return Fix(
        time=time, sent=time + 40, boot=1, seq=second, oldest=0, lon=round(117.0 + second * 1e-4, 6),
        lat=round(36.65 + second * 7e-5, 6), speed=36.4, heading=45.0, fixed=True, altitude=32.1,
        odometer=round(1204.5 + second * 0.01, 2), ignition=True, energy=71.3, satellites=14, hdop=0.8,
        status=3,
    )  # fmt: skip


def stored(messages: list[Fix], **changes: Any) -> Fixes:
    """The rows that ingest makes of messages; `changes` overwrite whole columns."""
    gathering = Gathering()
    for at, fix in enumerate(messages):
        gathering.add(fix, 1, fix.sent + 55, at)
    columns: dict[str, list[Any]] = {}
    for name, (kind, values) in position_columns(gathering.positions()).items():
        listed = [None if value != value else value for value in values.tolist()]
        if kind == "timestamptz":
            listed = [value + PG_EPOCH_MS * 1000 for value in listed]
        columns[name] = [changes[name]] * len(messages) if name in changes else listed
    return from_columns(columns)


def _values(column: Column) -> st.SearchStrategy[Any]:
    if column.dtype == "?":
        plain: st.SearchStrategy[Any] = st.booleans()
    elif column.dtype in NUMBERS:
        most = 2 ** (NUMBERS[column.dtype] - 1)
        plain = st.one_of(st.integers(-most, most - 1), st.integers(0, 50))
    else:
        width = 32 if column.dtype == "<f4" else 64
        plain = st.one_of(
            st.floats(width=width), st.decimals(-500, 500, places=3).map(lambda d: _narrow(float(d), width))
        )
    return st.one_of(st.none(), plain) if column.null_bit else plain


def _narrow(value: float, width: int) -> float:
    return float(np.float32(value)) if width == 32 else value


anything = st.lists(
    st.fixed_dictionaries({column.name: _values(column) for column in COLUMNS}), min_size=1, max_size=40
).map(lambda rows: from_columns({name: [row[name] for row in rows] for name in rows[0]}))
"""Whatever the table could hold: NaN, minus zero, the largest numbers, nulls anywhere."""
