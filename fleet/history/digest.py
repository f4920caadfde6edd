"""The digest of a fix's content, found again from its columns, so that a pack need not hold it.

It is what `schemas.telemetry.content_digest` makes of the message; a test keeps them in step. A digest that
cannot be found again (the message said more digits than a `real` column keeps) is packed as it is, so this
function must stay as it is for packs that exist: another algorithm is another scheme of the codec.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet.history.fixes import BY_NAME, Fixes

ORDER = (
    "lon", "lat", "speed_kmh", "heading_deg", "fixed", "altitude_m", "odometer_km", "ignition", "energy_pct",
    "satellites", "hdop", "alarm", "status",
)  # fmt: skip
"""The content in the order of the message."""


def content_digests(fixes: Fixes, as_sent: dict[str, NDArray[np.float64]]) -> NDArray[np.int64]:
    """Of each fix. `as_sent`: float columns as the terminal wrote them, 12.3 and not its nearest `real`."""
    columns = []
    for name in ORDER:
        values = (as_sent[name] if name in as_sent else fixes[name]).tolist()
        null_bit = BY_NAME[name].null_bit
        absent = (fixes["nulls"] & null_bit) != 0
        if absent.any():
            values = [None if gone else value for value, gone in zip(values, absent.tolist(), strict=True)]
        columns.append(values)
    encode = msgspec.msgpack.Encoder().encode
    digests = b"".join(blake2b(encode(row), digest_size=8).digest() for row in zip(*columns, strict=True))
    return np.frombuffer(digests, ">i8").astype(np.int64)
