"""The digest of a fix's content, found again from its columns, so that a pack need not hold it.

It is what `schemas.telemetry.content_digest` says of the row; a test keeps them in step. Should that ever
change, this must stay as it is for the packs that exist, and the new one be another scheme of the codec. A
digest that cannot be found again is packed as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fleet.history.fixes import BY_NAME, Fixes

CONTENT = (
    "lon", "lat", "speed_kmh", "heading_deg", "fixed", "altitude_m", "odometer_km", "ignition", "energy_pct",
    "satellites", "hdop", "alarm", "status",
)  # fmt: skip
"""The columns it covers, in its order."""
START, FACTOR, HALF = np.uint64(0x6D6F746F72706F6F), np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


def content_digests(fixes: Fixes) -> NDArray[np.int64]:
    """Of each fix: every number as a double, missing ones as NaN, minus zero as zero."""
    digests = np.full(len(fixes), START)
    for name in CONTENT:
        values = fixes[name].astype(np.float64) + 0.0
        values[(fixes["nulls"] & BY_NAME[name].null_bit) != 0] = np.nan
        digests ^= values.view(np.uint64)
        digests *= FACTOR
        digests ^= digests >> HALF
    return digests.view(np.int64)
