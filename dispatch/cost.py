"""What a plan costs, item by item. Amounts are thousandths of a fen, so that whole numbers add up exactly."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

PER_FEN = 1000


@dataclass(frozen=True, slots=True)
class Cost:
    """A breakdown whose sum is the total; negative items are savings when it is a difference."""

    distance_empty: int = 0
    distance_loaded: int = 0
    vehicle_used: int = 0
    driver_time: int = 0
    driver_overtime: int = 0
    lateness_risk: int = 0
    upgrade: int = 0
    promise_changed: int = 0
    unserved: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, f.name) for f in fields(self))

    @property
    def total_fen(self) -> int:
        """The total in whole fen, rounded half up."""
        return (self.total + PER_FEN // 2) // PER_FEN

    @property
    def money_fen(self) -> int:
        """Only what is really paid (driving, car, driver), without the prices put on quality; whole fen."""
        paid = self.distance_empty + self.distance_loaded + self.vehicle_used
        return (paid + self.driver_time + self.driver_overtime + PER_FEN // 2) // PER_FEN

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))
