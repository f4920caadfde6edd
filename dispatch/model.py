"""The pool and what is asked of it: cars, drivers, requests. Immutable, integers only.

Times are seconds since `Problem.epoch`, distances metres, people whole persons. A location is an index
into the travel matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dispatch.errors import InvalidProblemError


@dataclass(frozen=True, slots=True)
class Window:
    """Closed interval of time, seconds since the epoch."""

    earliest: int
    latest: int

    def __post_init__(self) -> None:
        if self.latest < self.earliest:
            raise InvalidProblemError(
                "window",
                f"it ends ({self.latest}) before it begins ({self.earliest})",
                "Swap or correct the times",
            )


class Energy(StrEnum):
    FUEL = "fuel"
    HYBRID = "hybrid"
    ELECTRIC = "electric"


class BlockReason(StrEnum):
    """Why a car is out of use for a time although no run holds it."""

    REPAIR = "repair"
    SEALED = "sealed"
    LENT = "lent"
    DISABLED = "disabled"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class Block:
    """A time in which a car may not be used."""

    window: Window
    reason: BlockReason


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A pooled car. `seats` are for passengers, the driver's is not counted; `luggage` counts pieces.

    `position` is where the car stands or drives at `Problem.now`. `range_m` is the distance it can still go
    without charging or refuelling, None where that never binds; `full_range_m` the same after a full charge.
    """

    id: str
    vehicle_class: str
    seats: int
    depot: int
    position: int
    luggage: int = 4
    wheelchairs: int = 0
    energy: Energy = Energy.FUEL
    range_m: int | None = None
    full_range_m: int | None = None
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver: takes any car of the own depot, or only `bound_vehicle`; `may_drive` empty means every class.

    `driven_s` is the time at the wheel today so far, `driving_limit_s` the most allowed in the day.
    """

    id: str
    depot: int
    shifts: tuple[Window, ...]
    driven_s: int = 0
    driving_limit_s: int = 8 * 3600
    bound_vehicle: str | None = None
    may_drive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """A vehicle class the request may be given, and how many steps above the one asked for."""

    vehicle_class: str
    upgrade_steps: int = 0


@dataclass(frozen=True, slots=True)
class Sharing:
    """Consent to share the car: longest extra ride (s) over driving direct, and with whom."""

    detour_s: int
    own_organisation_only: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Round trip: the car waits `wait_s` at the drop-off and brings the same people to `return_to`."""

    wait_s: int
    return_to: int


@dataclass(frozen=True, slots=True)
class Request:
    """One trip asked for. Already dispatched requests are in the problem too; their windows are the promise.

    `arrival_window` binds the moment the car is at the drop-off (of the outward leg for a round trip).
    `accepts` empty means any class. `sharing` None means the car is theirs alone. A higher `priority` counts
    more.
    """

    id: str
    organisation: str
    pickup: int
    dropoff: int
    pickup_window: Window
    arrival_window: Window
    persons: int
    luggage: int = 0
    wheelchairs: int = 0
    accepts: tuple[ClassChoice, ...] = ()
    board_s: int = 120
    alight_s: int = 60
    hold: Hold | None = None
    sharing: Sharing | None = None
    priority: int = 1

    def upgrade_steps(self, vehicle_class: str) -> int | None:
        """Steps above the class asked for, or None where this class may not serve the request."""
        if not self.accepts:
            return 0
        return next((c.upgrade_steps for c in self.accepts if c.vehicle_class == vehicle_class), None)
