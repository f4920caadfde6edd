"""Settings of the supervision process."""

from __future__ import annotations

from fleet.settings import Settings


class SupervisionSettings(Settings):
    """Environment variables `MOTORPOOL_SUPERVISION_*` beside those of every process; real seconds."""

    supervision_lease_s: float = 20.0
    """A vehicle held longer than this by a process that does not finish may be taken by another."""
    supervision_rest_s: float = 2.0
    """A vehicle is not looked at again sooner than this: fixes that come together are handled together."""
    supervision_poll_s: float = 0.5
    supervision_batch: int = 16
    """Vehicles claimed at a time."""
