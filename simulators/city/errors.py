"""What can go wrong while a city is drawn."""

from __future__ import annotations

from simulators.errors import SimulatorError


class CityError(SimulatorError):
    """The town plan contradicts itself: a place without a street, a depot outside its block."""
