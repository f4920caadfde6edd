"""The header of a PMTiles archive, version 3."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import UnavailableError

HEADER_BYTES = 127
PLACES = struct.Struct("<4iB2i")
"""From byte 102: south-west and north-east corner, centre zoom, centre; degrees times 10^7."""


@dataclass(frozen=True, slots=True)
class Extent:
    """WGS-84 degrees: west, south, east, north; and where to look first."""

    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]

    @classmethod
    def around(cls, west: float, south: float, east: float, north: float) -> Extent:
        return cls((west, south, east, north), ((west + east) / 2, (south + north) / 2))


def read_extent(path: Path) -> Extent:
    """Bounds and centre of the archive. Raises UnavailableError when it is missing or something else."""
    try:
        with path.open("rb") as archive:
            header = archive.read(HEADER_BYTES)
    except OSError as error:
        raise UnavailableError(f"the base map cannot be read: {error}", "Check MOTORPOOL_BASEMAP.") from error
    if len(header) < HEADER_BYTES or header[:8] != b"PMTiles\x03":
        raise UnavailableError(
            f"{path.name} is not a PMTiles archive of version 3", "Check MOTORPOOL_BASEMAP."
        )
    west, south, east, north, _, lon, lat = PLACES.unpack_from(header, 102)
    return Extent((west / 1e7, south / 1e7, east / 1e7, north / 1e7), (lon / 1e7, lat / 1e7))
