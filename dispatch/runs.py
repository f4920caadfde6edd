"""A run: one car, one driver, ordered stops, from leaving its origin until it is back at the car's depot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopKind(StrEnum):
    PICKUP = "pickup"
    WAIT = "wait"
    """The drop-off of a round trip, where the car stays until the people come back."""
    DROPOFF = "dropoff"


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit for one request. The car comes at `arrive`, service begins at `start`, it leaves at `depart`.

    A `fixed` stop was made, is being made or must stay as it is: order and times are kept exactly.
    """

    request_id: str
    kind: StopKind
    location: int
    arrive: int
    start: int
    depart: int
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Onboard:
    """People in the car whose pick-up is no longer among the stops; `departed` is when they left it."""

    request_id: str
    departed: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a car and its driver do between leaving `origin` at `start` and being at the depot again at `end`.

    `started`: the car is under way from `Vehicle.position` at `Problem.now`; stops already left behind may be
    dropped, their passengers named in `onboard`. `locked`: a person holds it, nothing of it may change.
    In an answer a new run has the id "".
    """

    id: str
    vehicle_id: str
    driver_id: str
    origin: int
    start: int
    stops: tuple[Stop, ...]
    end: int
    started: bool = False
    locked: bool = False
    onboard: tuple[Onboard, ...] = ()

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Everyone this run serves, in order of getting on."""
        aboard = tuple(o.request_id for o in self.onboard)
        return aboard + tuple(s.request_id for s in self.stops if s.kind is StopKind.PICKUP)
