"""Fixes for tests: as a terminal sends them, or anything the table could hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fleet.history.fixes import COLUMNS, Column, Fixes, from_columns, microseconds
from schemas.telemetry import Fix, content_digest
from tests.fleet.office import MORNING

WIRE_NAMES = {
    "boot": "boot", "seq": "seq", "lon": "lon", "lat": "lat", "speed_kmh": "speed", "heading_deg": "heading",
    "altitude_m": "altitude", "odometer_km": "odometer", "ignition": "ignition", "energy_pct": "energy",
    "satellites": "satellites", "hdop": "hdop", "fixed": "fixed", "alarm": "alarm", "status": "status",
}  # fmt: skip
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
    columns: dict[str, list[Any]] = {
        "time": [fix.time * 1000 for fix in messages],
        "digest": [content_digest(fix) for fix in messages],
        "sent_at": [fix.sent * 1000 for fix in messages],
        "received_at": [(fix.sent + 55) * 1000 for fix in messages],
        **{column: [getattr(fix, name) for fix in messages] for column, name in WIRE_NAMES.items()},
    }
    return from_columns(columns | {name: [value] * len(messages) for name, value in changes.items()})


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
