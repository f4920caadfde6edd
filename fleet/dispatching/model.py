"""A run and its stops as the database holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.api.runs import RunStatus


@dataclass(frozen=True, slots=True)
class StopRow:
    """A stop; `arrived_at` and `departed_at` are actual times, null until they happen."""

    id: int
    place_in_run: int
    kind: str
    request_id: int | None
    name: str
    lon: float
    lat: float
    planned_arrival: datetime
    planned_departure: datetime
    latest_arrival: datetime
    arrived_at: datetime | None
    departed_at: datetime | None

    def at_the_spot_of(self, other: StopRow) -> bool:
        """The same door, to about 10 m."""
        return abs(self.lon - other.lon) < 1e-4 and abs(self.lat - other.lat) < 1e-4


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with its stops in order."""

    id: int
    number: str
    organisation_id: int
    vehicle_id: int
    driver_id: int
    driver_account_id: int
    status: RunStatus
    planned_start: datetime
    planned_end: datetime
    started_at: datetime | None
    ended_at: datetime | None
    odometer_start_km: float | None
    odometer_end_km: float | None
    version: int
    stops: tuple[StopRow, ...]

    @property
    def request_ids(self) -> list[int]:
        """Who rides, in order of getting on."""
        return list(dict.fromkeys(s.request_id for s in self.stops if s.request_id is not None))

    def actual_times(self) -> Iterator[datetime]:
        yield from (t for t in (self.started_at, self.ended_at) if t is not None)
        for stop in self.stops:
            yield from (t for t in (stop.arrived_at, stop.departed_at) if t is not None)
