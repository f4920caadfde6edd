"""Rows as the tables hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from ingest.copy_format import Typed, copy_bytes
from ingest.positions import Column, Positions
from ingest.progress import Range
from schemas.telemetry import Event

PG_EPOCH_MS = 946_684_800_000
"""2000-01-01, from which PostgreSQL counts its microseconds."""

POSITION_TYPES: Mapping[str, str] = {
    "terminal_id": "int4", "time": "timestamptz", "digest": "int8", "sent_at": "timestamptz",
    "received_at": "timestamptz", "boot": "int4", "seq": "int8", "lon": "float8", "lat": "float8",
    "speed_kmh": "float4", "heading_deg": "float4", "altitude_m": "float4", "odometer_km": "float8",
    "ignition": "bool", "energy_pct": "float4", "satellites": "int2", "hdop": "float4", "fixed": "bool",
    "alarm": "int8", "status": "int8",
}  # fmt: skip
"""Columns of `position` in order."""
CHANGE_TYPES: Mapping[str, str] = {
    "terminal_ids": "int4", "changed_from": "timestamptz", "changed_to": "timestamptz",
}  # fmt: skip
"""Columns of `position_change` that ingest fills, each an array with an element for each terminal."""

PROGRESS_TYPES: Mapping[str, str] = {
    "terminal_id": "int4", "boot": "int4", "upto": "int8", "online": "bool",
    "last_received_at": "timestamptz", "receive_lag_s": "float4", "clock_skew_s": "float4", "ranges": "jsonb",
}  # fmt: skip
"""Columns of `terminal_progress`."""
JOURNAL_TYPES: Mapping[str, str] = {
    "terminal_ids": "int4", "boot": "int4", "upto": "int8", "last_received_at": "timestamptz",
    "receive_lag_s": "float4", "clock_skew_s": "float4",
}  # fmt: skip
"""Columns of `terminal_progress_journal`, each an array with an element for each terminal."""
JSONB_VERSION = b"\x01"


@dataclass(frozen=True)
class Staged:
    """Fixes ready to be copied into the staging table, which is `position` and a mark."""

    positions: Positions  # ordered by terminal and time
    newest: int  # how many are marked: the newest fix of their terminal that has a satellite solution
    content: bytes  # for COPY, in binary


class EventRow(NamedTuple):
    """A row of `terminal_event`."""

    terminal_id: int
    received_at: datetime
    event: Event


def stage(ordered: Positions) -> Staged:
    """`ordered` by terminal and time."""
    marks = newest_with_satellites(ordered)
    columns = {**position_columns(ordered), "newest": ("bool", marks)}
    return Staged(ordered, int(np.count_nonzero(marks)), copy_bytes(columns))


def position_columns(positions: Positions) -> Typed:
    """The columns of `position` with their types, times in PostgreSQL's microseconds."""
    values = (
        positions.terminal_id,
        pg_microseconds(positions["time"]),
        positions.digest,
        pg_microseconds(positions["sent"]),
        pg_microseconds(positions.received),
        positions["boot"],
        positions["seq"],
        positions["lon"],
        positions["lat"],
        positions["speed"],
        positions["heading"],
        positions["altitude"],
        positions["odometer"],
        positions["ignition"],
        positions["energy"],
        positions["satellites"],
        positions["hdop"],
        positions["fixed"],
        positions["alarm"],
        positions["status"],
    )
    return {name: (kind, column) for (name, kind), column in zip(POSITION_TYPES.items(), values, strict=True)}


def change_columns(ordered: Positions) -> Typed:
    """The window that changed of each terminal, for one row of `position_change`."""
    time = pg_microseconds(ordered["time"])
    values = (ordered.terminal_id[ordered.first], time[ordered.first], time[ordered.last])
    return {name: (kind, column) for (name, kind), column in zip(CHANGE_TYPES.items(), values, strict=True)}


def progress_columns(rows: Column, ranges: Mapping[int, Sequence[Range]]) -> list[Typed]:
    """Rows of `terminal_progress`: those without ranges at once, each of the others as a block of its own."""
    plain = ~rows["ranged"]
    blocks = [_progress(rows[plain], ())]
    for row in np.flatnonzero(~plain).tolist():
        one = rows[row : row + 1]
        blocks.append(_progress(one, ranges[int(one["terminal_id"][0])]))
    return blocks


def _progress(rows: Column, ranges: Sequence[Range]) -> Typed:
    written = JSONB_VERSION + msgspec.json.encode(ranges)
    values = (
        rows["terminal_id"],
        rows["boot"],
        rows["upto"],
        rows["online"],
        pg_microseconds(rows["received"]),
        rows["lag"],
        rows["skew"],
        np.full(len(rows), written, dtype=f"S{len(written)}"),
    )
    return {name: (kind, column) for (name, kind), column in zip(PROGRESS_TYPES.items(), values, strict=True)}


def journal_columns(rows: Column) -> Typed:
    """Where terminals stand that have no ranges, for one row of `terminal_progress_journal`."""
    values = (
        rows["terminal_id"],
        rows["boot"],
        rows["upto"],
        pg_microseconds(rows["received"]),
        rows["lag"],
        rows["skew"],
    )
    return {name: (kind, column) for (name, kind), column in zip(JOURNAL_TYPES.items(), values, strict=True)}


def newest_with_satellites(ordered: Positions) -> Column:
    """Marks each terminal's newest fix that has a satellite solution; rows are ordered by terminal."""
    marks = np.zeros(len(ordered), dtype=bool)
    if not len(ordered):
        return marks
    places = np.where(ordered["fixed"], np.arange(len(ordered)), -1)
    newest = np.maximum.reduceat(places, ordered.first)
    marks[newest[newest >= ordered.first]] = True
    return marks


def pg_microseconds(ms: Column) -> Column:
    """From ms since 1970 to microseconds since 2000."""
    return (ms - PG_EPOCH_MS) * 1000
