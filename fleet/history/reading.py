"""The one way to read fixes, whether they lie in `position` or in packs.

Rows come first, packs after: a fix that moves from one to the other in between is seen twice, never not at
all, and its key (terminal, time, digest) counts it once. The same holds for a late or re-sent fix whose
hour is packed already. Recent tracks cost one look into an index more than a plain query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from fleet.database import Connection
from fleet.history.fixes import BY_NAME, Fixes, microseconds, values
from fleet.history.packs import unpack_day

Row: TypeAlias = Sequence[Any]
"""Values of the columns asked for, in their order."""
Key: TypeAlias = tuple[datetime, int, int]
_Place: TypeAlias = tuple[datetime, int, int]
KEY = ("time", "terminal_id", "digest")
"""What tells fixes apart, and their order."""

# The vehicle of a fix is the one the terminal was bound to at that moment.
ROWS = """
SELECT {columns} FROM terminal_binding AS binding
JOIN position ON position.terminal_id = binding.terminal_id AND binding.during @> position.time
WHERE binding.vehicle_id = $1 AND {where}
"""
BETWEEN = """
position.time >= $2 AND position.time <= $3
ORDER BY position.time, position.terminal_id, position.digest
"""
BEFORE = """
position.time < $2
ORDER BY position.time DESC, position.terminal_id DESC, position.digest DESC LIMIT $3
"""
AFTER = "position.time > $2 ORDER BY position.time LIMIT 1"

# A pack is a UTC day. A binding begins with its lower bound and ends before its upper one.
PACKS = """
SELECT pack.start, pack.terminal_id, binding.id AS binding_id, pack.blob,
       lower(binding.during) AS bound_from, upper(binding.during) AS bound_until
FROM terminal_binding AS binding
JOIN position_pack AS pack ON pack.terminal_id = binding.terminal_id
 AND pack.start > greatest($2, lower(binding.during)) - interval '1 day'
 AND pack.start <= least($3, upper(binding.during))
 AND pack.last_time >= greatest($2, lower(binding.during))
WHERE binding.vehicle_id = $1
"""
PACKS_BETWEEN = f"{PACKS} ORDER BY pack.start"
PACK_BEFORE = f"""{PACKS} AND (pack.start, pack.terminal_id, binding.id) < ($4, $5, $6)
ORDER BY pack.start DESC, pack.terminal_id DESC, binding.id DESC LIMIT 1
"""
PACK_AFTER = f"""{PACKS} AND (pack.start, pack.terminal_id, binding.id) > ($4, $5, $6)
ORDER BY pack.start, pack.terminal_id, binding.id LIMIT 1
"""

BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
END = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


async def fixes(
    connection: Connection, vehicle_id: int, since: datetime, until: datetime, columns: tuple[str, ...]
) -> list[Row]:
    """The vehicle's fixes in [since, until], in order of time, terminal and digest, each once.

    `columns` are names of `position` and must contain those of KEY.
    """
    rows = await connection.fetch(_statement(columns, BETWEEN), vehicle_id, since, until)
    packs = await connection.fetch(PACKS_BETWEEN, vehicle_id, since, until)
    if not packs:
        return list(rows)
    found = list(rows)
    for pack in packs:
        found += _of_pack(pack, columns, since=since, until=until)
    return _in_order(found, columns)


async def fixes_before(
    connection: Connection, vehicle_id: int, moment: datetime, count: int, columns: tuple[str, ...]
) -> list[Row]:
    """The last `count` before the moment, in order."""
    rows = await connection.fetch(_statement(columns, BEFORE), vehicle_id, moment, count)
    found = _in_order(rows, columns)
    place: _Place = (END, 0, 0)
    while True:
        since = found[-count][columns.index("time")] if len(found) >= count else BEGINNING
        pack = await connection.fetchrow(PACK_BEFORE, vehicle_id, since, moment, *place)
        if pack is None:
            return found[-count:]
        found = _in_order([*found, *_of_pack(pack, columns, since=since, before=moment)], columns)
        place = _place(pack)


async def first_fix_after(connection: Connection, vehicle_id: int, moment: datetime) -> datetime | None:
    """When the vehicle's next fix was taken."""
    in_rows: datetime | None = await connection.fetchval(_statement(("time",), AFTER), vehicle_id, moment)
    place: _Place = (BEGINNING, 0, 0)
    while True:
        pack = await connection.fetchrow(PACK_AFTER, vehicle_id, moment, in_rows or END, *place)
        if pack is None:
            return in_rows
        in_pack = [row[0] for row in _of_pack(pack, ("time",), after=moment)]
        if in_pack:
            found: datetime = in_pack[0]
            return found if in_rows is None else min(found, in_rows)
        place = _place(pack)


@lru_cache(maxsize=32)
def _statement(columns: tuple[str, ...], where: str) -> str:
    unknown = [name for name in columns if name not in BY_NAME and name != "terminal_id"]
    if unknown or not (where == AFTER or set(KEY) <= set(columns)):
        raise ValueError(f"columns {columns} must be of position and contain {', '.join(KEY)}")
    return ROWS.format(columns=", ".join(f"position.{name}" for name in columns), where=where)


def _place(pack: Any) -> _Place:
    """Where it stands among the packs of a vehicle: start, terminal, binding."""
    return pack["start"], pack["terminal_id"], pack["binding_id"]


def _of_pack(
    pack: Any,
    columns: tuple[str, ...],
    since: datetime | None = None,
    until: datetime | None = None,
    before: datetime | None = None,
    after: datetime | None = None,
) -> list[Row]:
    """The fixes of a pack within the binding and the bounds, of which None bounds nothing."""
    bounds = [bound for bound in (until, before) if bound is not None]
    found = unpack_day(
        pack["blob"],
        None if since is None else microseconds(since),
        microseconds(min(bounds)) if bounds else None,
        microseconds(pack["start"]),
    )
    times = found["time"]
    chosen = np.ones(len(found), np.bool_)
    for bound in (since, pack["bound_from"]):
        chosen &= True if bound is None else times >= microseconds(bound)
    for bound in (before, pack["bound_until"]):
        chosen &= True if bound is None else times < microseconds(bound)
    chosen &= True if until is None else times <= microseconds(until)
    chosen &= True if after is None else times > microseconds(after)
    return _rows(found[chosen], pack["terminal_id"], columns)


def _rows(found: Fixes, terminal_id: int, columns: tuple[str, ...]) -> list[Row]:
    lists = [[terminal_id] * len(found) if name == "terminal_id" else values(found, name) for name in columns]
    return list(zip(*lists, strict=True))


def _in_order(rows: Sequence[Row], columns: tuple[str, ...]) -> list[Row]:
    key = _key(columns)
    unique = {key(row): row for row in rows}
    return [unique[found] for found in sorted(unique)]


def _key(columns: tuple[str, ...]) -> Callable[[Row], Key]:
    time, terminal, digest = (columns.index(name) for name in KEY)
    return lambda row: (row[time], row[terminal], row[digest])
