"""What can go wrong while the outside world is played."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulated world cannot go on; the message says why and what to do."""


class NoRouteError(SimulatorError):
    """The road network has no way between two spots."""
