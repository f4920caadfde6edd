"""Which hours go into which pack: pure, given the fixes that wait and the packs that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from fleet.history.codec import pack, unpack
from fleet.history.errors import CorruptPackError
from fleet.history.fixes import Fixes, merged, microseconds, moment

HOUR = timedelta(hours=1)
HOUR_US = 3_600_000_000
BUSY = 600
"""So many fixes fill a pack; quieter hours share one. A pack costs 200 bytes beside its fixes."""

Box = tuple[float | None, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Pack:
    """A row of `position_pack`: the fixes of `hours` whole hours from `start` on."""

    start: datetime
    last_time: datetime
    terminal_id: int
    fixes: int
    box: Box
    hours: int
    blob: bytes

    @property
    def first_hour(self) -> int:
        """Hours since 1970."""
        return microseconds(self.start) // HOUR_US

    @property
    def after(self) -> int:
        """The hour it ends before."""
        return self.first_hour + self.hours


def repack(terminal_id: int, waiting: Fixes, packs: Sequence[Pack]) -> list[Pack]:
    """The packs that hold `waiting` (in order, of one UTC day), given those of that day in order of start.

    A fix that falls into the hours of a pack joins it; the others form packs of their own. Packs nothing
    fell into are not among the result. Raises CorruptPackError.
    """
    hours = waiting["time"] // HOUR_US
    result: list[Pack] = []
    free = np.ones(len(waiting), np.bool_)
    for known in packs:
        inside = (hours >= known.first_hour) & (hours < known.after)
        if inside.any():
            fixes = merged(unpack(known.blob), waiting[inside])
            result.append(_pack(terminal_id, fixes, known.first_hour, known.hours))
        free &= ~inside
    for group in _groups(waiting[free], [known.first_hour for known in packs]):
        first, last = int(group["time"][0]) // HOUR_US, int(group["time"][-1]) // HOUR_US
        result.append(_pack(terminal_id, group, first, last - first + 1))
    return result


def _groups(fixes: Fixes, taken: Sequence[int]) -> Iterator[Fixes]:
    """Consecutive hours until they fill a pack; none reaches across a pack that is there."""
    if not len(fixes):
        return
    hours, begins = np.unique(fixes["time"] // HOUR_US, return_index=True)
    ends = [*begins[1:].tolist(), len(fixes)]
    start = 0
    for index, end in enumerate(ends):
        is_last = end == len(fixes)
        if is_last or end - start >= BUSY or any(hours[index] < other < hours[index + 1] for other in taken):
            yield fixes[start:end]
            start = end


def _pack(terminal_id: int, fixes: Fixes, first_hour: int, hours: int) -> Pack:
    blob = pack(fixes)
    if unpack(blob).tobytes() != fixes.tobytes():
        raise CorruptPackError(
            f"{len(fixes)} fixes of terminal {terminal_id} would not come back as they were: left unpacked",
            "Report it with the dump of these fixes: the codec is at fault.",
        )
    return Pack(
        start=moment(first_hour * HOUR_US),
        last_time=moment(int(fixes["time"][-1])),
        terminal_id=terminal_id,
        fixes=len(fixes),
        box=_box(fixes),
        hours=hours,
        blob=blob,
    )


def _box(fixes: Fixes) -> Box:
    """West, south, east, north of the fixes with a satellite solution, as `real` rounded outwards."""
    seen = fixes[fixes["fixed"]]
    if not len(seen):
        return None, None, None, None
    low, high = np.float32(-np.inf), np.float32(np.inf)
    west, south = (np.nextafter(np.float32(seen[name].min()), low) for name in ("lon", "lat"))
    east, north = (np.nextafter(np.float32(seen[name].max()), high) for name in ("lon", "lat"))
    return float(west), float(south), float(east), float(north)
