"""A pack: the UTC day of a terminal in blocks of whole hours. Pure.

    b"D" · version · number of blocks · of each its first hour, hours, fixes, bytes · CRC-32 · the blocks

A block is what fleet.history.codec makes of its fixes. A reader unpacks those it needs; a late fix unpacks,
merges and repacks the block of its hour. One row a day, not one an hour: a row and its place in pages and
indexes cost as much as a hundred fixes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from fleet.history import codec
from fleet.history.bits import Reader, number
from fleet.history.errors import REMEDY, CorruptPackError
from fleet.history.fixes import FIX, Fixes, merged, moment

MAGIC, VERSION = b"D", 1
CHECKSUM = struct.Struct("<I")
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
BUSY = 600
"""So many fixes fill a block; quieter hours share one: a block costs some 120 bytes beside its fixes."""

Box = tuple[float | None, float | None, float | None, float | None]
"""West, south, east, north; None where no fix has a satellite solution."""


@dataclass(frozen=True, slots=True)
class Block:
    """The fixes of `hours` whole hours from `hour` of the day on."""

    hour: int
    hours: int
    fixes: int
    blob: bytes

    @property
    def after(self) -> int:
        return self.hour + self.hours


@dataclass(frozen=True, slots=True)
class Pack:
    """A row of `position_pack`; `start` is midnight UTC."""

    start: datetime
    last_time: datetime
    terminal_id: int
    fixes: int
    box: Box
    blob: bytes


def repack(terminal_id: int, waiting: Fixes, known: Pack | None) -> Pack:
    """The day of `waiting` (in order, not empty) with what `known` holds of it.

    A fix that falls into the hours of a block joins it; the others form blocks of their own. Blocks nothing
    falls into stay as they are. Raises CorruptPackError.
    """
    start = int(waiting["time"][0]) // DAY_US * DAY_US
    hours = (waiting["time"] - start) // HOUR_US
    blocks = [] if known is None else split(known.blob)
    free = np.ones(len(waiting), np.bool_)
    result = []
    for block in blocks:
        inside = (hours >= block.hour) & (hours < block.after)
        free &= ~inside
        result.append(_with(block, waiting[inside]) if inside.any() else block)
    result += _free_blocks(waiting[free], hours[free], [block.hour for block in blocks])
    return Pack(
        start=moment(start),
        last_time=_last(moment(int(waiting["time"][-1])), known),
        terminal_id=terminal_id,
        fixes=sum(block.fixes for block in result),
        box=_joined(_box(waiting), known),
        blob=join(sorted(result, key=lambda block: block.hour)),
    )


def unpack_day(
    blob: bytes, since_us: int | None = None, until_us: int | None = None, start_us: int = 0
) -> Fixes:
    """The fixes of the blocks that touch [since, until], all of them where a bound is None.

    Microseconds since 1970; `start_us` is the midnight of the pack. Raises CorruptPackError.
    """
    found = [
        codec.unpack(block.blob)
        for block in split(blob)
        if (since_us is None or start_us + block.after * HOUR_US > since_us)
        and (until_us is None or start_us + block.hour * HOUR_US <= until_us)
    ]
    return np.concatenate(found) if found else np.zeros(0, FIX)


def join(blocks: Sequence[Block]) -> bytes:
    """Blocks in order of their hours as one blob."""
    head = b"".join(
        number(value) for block in blocks for value in (block.hour, block.hours, block.fixes, len(block.blob))
    )
    head = MAGIC + bytes([VERSION]) + number(len(blocks)) + head
    return b"".join([head, CHECKSUM.pack(zlib.crc32(head)), *(block.blob for block in blocks)])


def split(blob: bytes) -> list[Block]:
    """The blocks of a pack, still packed. Raises CorruptPackError."""
    if blob[:1] != MAGIC:
        raise CorruptPackError("this is no pack of fixes", REMEDY)
    if blob[1:2] != bytes([VERSION]):
        raise CorruptPackError(
            f"pack of version {blob[1:2]!r}, this software knows {VERSION}", "Update Motorpool."
        )
    reader = Reader(blob, len(MAGIC) + 1)
    try:
        sizes = [[reader.number() for _ in range(4)] for _ in range(reader.number())]
        head = blob[: reader.at]
        if reader.take(CHECKSUM.size) != CHECKSUM.pack(zlib.crc32(head)):
            raise ValueError("its checksum differs")
        return [Block(hour, hours, fixes, reader.take(size)) for hour, hours, fixes, size in sizes]
    except ValueError as error:
        raise CorruptPackError(f"a pack of fixes is damaged: {error}", REMEDY) from error


def _free_blocks(fixes: Fixes, hours: NDArray[np.int64], taken: Sequence[int]) -> Iterator[Block]:
    """Consecutive hours until they fill a block; none reaches across a block that is there."""
    if not len(fixes):
        return
    present, begins = np.unique(hours, return_index=True)
    ends = [*begins[1:].tolist(), len(fixes)]
    start = 0
    for index, end in enumerate(ends):
        is_last = end == len(fixes)
        if (
            is_last
            or end - start >= BUSY
            or any(present[index] < hour < present[index + 1] for hour in taken)
        ):
            first = int(hours[start])
            yield _block(first, int(present[index]) - first + 1, fixes[start:end])
            start = end


def _with(block: Block, late: Fixes) -> Block:
    return _block(block.hour, block.hours, merged(codec.unpack(block.blob), late))


def _block(hour: int, hours: int, fixes: Fixes) -> Block:
    blob = codec.pack(fixes)
    if codec.unpack(blob).tobytes() != fixes.tobytes():
        raise CorruptPackError(
            f"{len(fixes)} fixes would not come back as they were: left unpacked",
            "Report it with the dump of these fixes: the codec is at fault.",
        )
    return Block(hour, hours, len(fixes), blob)


def _last(newest: datetime, known: Pack | None) -> datetime:
    return newest if known is None else max(newest, known.last_time)


def _box(fixes: Fixes) -> Box:
    """As `real`, rounded outwards."""
    seen = fixes[fixes["fixed"]]
    if not len(seen):
        return None, None, None, None
    low, high = np.float32(-np.inf), np.float32(np.inf)
    west, south = (np.nextafter(np.float32(seen[name].min()), low) for name in ("lon", "lat"))
    east, north = (np.nextafter(np.float32(seen[name].max()), high) for name in ("lon", "lat"))
    return float(west), float(south), float(east), float(north)


def _joined(box: Box, known: Pack | None) -> Box:
    """Both boxes in one."""
    boxes = [box] if known is None else [box, known.box]
    west, south, east, north = (
        [value for value in side if value is not None] for side in zip(*boxes, strict=True)
    )
    return (
        min(west, default=None),
        min(south, default=None),
        max(east, default=None),
        max(north, default=None),
    )
