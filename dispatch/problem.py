"""The immutable problem: the pool, what is asked, what is in force, and the travel times between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from dispatch.errors import UnknownRequestError
from dispatch.model import Driver, Request, Vehicle
from dispatch.params import Params
from dispatch.runs import Run, StopKind
from dispatch.travel import Travel
from dispatch.validation import validate


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything a plan is made from. `epoch` (aware UTC) is second zero, `now` the as-of second.

    `requests` holds open and dispatched ones; those that `runs` serve are dispatched, the rest are open.
    Raises InvalidProblemError where ids, locations, sizes or stops contradict each other.
    """

    epoch: datetime
    now: int
    vehicles: tuple[Vehicle, ...]
    drivers: tuple[Driver, ...]
    requests: tuple[Request, ...]
    travel: Travel
    runs: tuple[Run, ...] = ()
    params: Params = field(default_factory=Params)

    def __post_init__(self) -> None:
        validate(self)

    @cached_property
    def vehicle(self) -> dict[str, Vehicle]:
        return {v.id: v for v in self.vehicles}

    @cached_property
    def driver(self) -> dict[str, Driver]:
        return {d.id: d for d in self.drivers}

    @cached_property
    def request(self) -> dict[str, Request]:
        return {r.id: r for r in self.requests}

    @cached_property
    def run(self) -> dict[str, Run]:
        return {r.id: r for r in self.runs}

    @cached_property
    def run_of(self) -> dict[str, Run]:
        """The run that serves a dispatched request, by request id."""
        return {request_id: run for run in self.runs for request_id in run.request_ids}

    @cached_property
    def drivers_by_vehicle(self) -> dict[str, list[Driver]]:
        """Who may take each car: of its depot, allowed its class, not bound to another."""
        return {
            v.id: [
                d
                for d in self.drivers
                if d.depot == v.depot
                and d.bound_vehicle in (None, v.id)
                and (not d.may_drive or v.vehicle_class in d.may_drive)
            ]
            for v in self.vehicles
        }

    @cached_property
    def told(self) -> dict[tuple[str, StopKind], int]:
        """Start of service that has been told, by dispatched request and kind of stop."""
        return {(s.request_id, s.kind): s.start for run in self.runs for s in run.stops}

    @cached_property
    def open_requests(self) -> tuple[Request, ...]:
        return tuple(r for r in self.requests if r.id not in self.run_of)

    def open_request(self, request_id: str) -> Request:
        """The open request of that id; raises UnknownRequestError where there is none."""
        if request_id not in self.request:
            raise UnknownRequestError(request_id, "it is not in the problem")
        if request_id in self.run_of:
            raise UnknownRequestError(
                request_id, "it is dispatched already; release it first to plan it anew"
            )
        return self.request[request_id]

    def release(self, request_id: str) -> Problem:
        """The same problem with a dispatched request open again (改派); its car keeps its other stops.

        Raises UnknownRequestError where the request is not dispatched or its people have been picked up.
        """
        run = self.run_of.get(request_id)
        if run is None:
            raise UnknownRequestError(request_id, "it is not dispatched")
        if any(o.request_id == request_id for o in run.onboard) or any(
            s.fixed and s.request_id == request_id for s in run.stops
        ):
            raise UnknownRequestError(
                request_id, "its people are on board or its stop is fixed, it must stay on its car"
            )
        left = replace(run, stops=tuple(s for s in run.stops if s.request_id != request_id))
        keep = () if not left.request_ids and not left.started else (left,)
        others = tuple(r for r in self.runs if r.id != run.id)
        return replace(self, runs=others + keep)
