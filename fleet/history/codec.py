"""Fixes of one terminal to bytes and back, bit by bit. Pure: no I/O, and the same bytes on every machine.

    b"F" · version · count · the columns in the order of `LAYOUT` · digests · two checksums (CRC-32)

One checksum is of the bytes before it, so that nothing damaged is read; the other of the fixes, so that a
reader that would give anything else than what was packed says so.
"""

from __future__ import annotations

import struct
import zlib
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fleet.history.bits import Reader, number
from fleet.history.columns import (
    Integers,
    decimals,
    pack_floats,
    pack_integers,
    pack_patches,
    unpack_floats,
    unpack_integers,
    unpack_patches,
)
from fleet.history.digest import content_digests
from fleet.history.errors import REMEDY, CorruptPackError
from fleet.history.fixes import BY_NAME, FIX, Fixes
from fleet.history.reckoning import driven, eastward, northward

MAGIC = b"F"
VERSION = 1
HEAD = len(MAGIC) + 1
CHECKSUMS = struct.Struct("<II")
MOST_FIXES = 1_000_000
"""More than a terminal can say in a day at ten a second; a larger count is no count."""

LAYOUT = (
    "time", "sent_at", "received_at", "boot", "seq", "nulls", "ignition", "fixed", "satellites", "alarm",
    "status", "heading_deg", "speed_kmh", "lat", "lon", "odometer_km", "altitude_m", "energy_pct", "hdop",
)  # fmt: skip
"""A column may be predicted from those before it. The digest comes last, it follows from all of them."""
FOLLOWS = {"sent_at": "time", "received_at": "sent_at", "status": "ignition"}
"""Columns that differ from another by little, or not at all: bit 0 of the status word is the ignition."""
REACHED = {"lat": northward, "lon": eastward, "odometer_km": driven}
"""Columns in which a car gets somewhere: predicted by dead reckoning."""
DERIVED, STORED = 0, 1


def pack(fixes: Fixes) -> bytes:
    """`fixes` must be in order (see fleet.history.fixes) and not empty."""
    columns = [_pack_column(name, fixes) for name in LAYOUT]
    blob = b"".join([MAGIC, bytes([VERSION]), number(len(fixes)), *columns, _pack_digests(fixes)])
    return blob + CHECKSUMS.pack(zlib.crc32(blob), zlib.crc32(fixes.tobytes()))


def unpack(blob: bytes) -> Fixes:
    """Exactly what was packed. Raises CorruptPackError."""
    if blob[:1] != MAGIC or len(blob) < HEAD + CHECKSUMS.size:
        raise CorruptPackError("this is no pack of fixes", REMEDY)
    if blob[1] != VERSION:
        raise CorruptPackError(
            f"pack of version {blob[1]}, this software knows {VERSION}", "Update Motorpool."
        )
    body, (of_bytes, of_fixes) = blob[: -CHECKSUMS.size], CHECKSUMS.unpack(blob[-CHECKSUMS.size :])
    if zlib.crc32(body) != of_bytes:
        raise CorruptPackError("a pack of fixes is damaged: its checksum differs", REMEDY)
    try:
        fixes = _unpack(Reader(body, HEAD))
    except (ValueError, OverflowError, IndexError, zlib.error) as error:
        raise CorruptPackError(f"a pack of fixes cannot be read: {error}", REMEDY) from error
    if zlib.crc32(fixes.tobytes()) != of_fixes:
        raise CorruptPackError("a pack gives other fixes than were packed", REMEDY)
    return fixes


def _unpack(reader: Reader) -> Fixes:
    count = reader.number()
    if not 0 < count <= MOST_FIXES:
        raise ValueError(f"{count} fixes in one pack")
    fixes = np.zeros(count, FIX)
    for name in LAYOUT:
        fixes[name] = _unpack_column(name, reader, fixes)
    fixes["digest"] = _unpack_digests(reader, fixes)
    return fixes


def _pack_column(name: str, fixes: Fixes) -> bytes:
    column = np.ascontiguousarray(fixes[name])
    if column.dtype.kind != "f":
        return pack_integers(column.astype(np.int64), _predicted(name, fixes))
    found = decimals(column)
    predicted = REACHED[name](fixes, found.places) if found and name in REACHED else None
    return pack_floats(column, found, predicted)


def _unpack_column(name: str, reader: Reader, fixes: Fixes) -> NDArray[np.generic]:
    """`fixes` holds the columns before it."""
    if FIX[name].kind != "f":
        return unpack_integers(reader, len(fixes), _predicted(name, fixes))
    predict = partial(REACHED[name], fixes) if name in REACHED else None
    return unpack_floats(reader, len(fixes), BY_NAME[name].dtype, predict)


def _predicted(name: str, fixes: Fixes) -> Integers | None:
    source = FOLLOWS.get(name)
    return None if source is None else fixes[source].astype(np.int64)


def _pack_digests(fixes: Fixes) -> bytes:
    digests = np.ascontiguousarray(fixes["digest"])
    other = np.flatnonzero(content_digests(fixes) != digests)
    if len(other) > len(fixes) // 2:
        return bytes([STORED]) + digests.tobytes()
    return bytes([DERIVED]) + pack_patches(other, digests)


def _unpack_digests(reader: Reader, fixes: Fixes) -> Integers:
    if reader.take(1)[0] == STORED:
        return np.frombuffer(reader.take(8 * len(fixes)), "<i8")
    digests = content_digests(fixes)
    places, patches = unpack_patches(reader, np.dtype("<i8"))
    digests[places] = patches
    return digests
