"""Where the organisation's map lies when no base map says so."""

from __future__ import annotations

from fleet.database import Connection
from fleet.maps.pmtiles import Extent

KNOWN_SPOTS = """
SELECT min(lon) AS west, min(lat) AS south, max(lon) AS east, max(lat) AS north
FROM (SELECT lon, lat FROM depot UNION ALL SELECT lon, lat FROM place) spot
"""

CHINA = Extent.around(73.5, 18.1, 134.8, 53.6)


async def extent_of_known_spots(connection: Connection) -> Extent:
    """The box around depots and places; China before any is known."""
    row = await connection.fetchrow(KNOWN_SPOTS)
    if row["west"] is None:
        return CHINA
    return Extent.around(row["west"], row["south"], row["east"], row["north"])
