"""The true motion of one car: parked or on a drive. What its terminal makes of it is another matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulators.terminals.drive import Drive

ENERGY_PER_KM = {"petrol": 0.14, "diesel": 0.12, "hybrid": 0.1, "electric": 0.28}
"""Per cent of tank or battery."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Where the car really is."""

    lon: float
    lat: float
    speed_kmh: float
    heading_deg: float
    odometer_km: float
    ignition: bool
    energy_pct: float


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive of the car, from its departure on."""

    departs_at: datetime
    drive: Drive


class Car:
    """Knows where it is at any moment from the start of its last drive on."""

    def __init__(self, energy: str, lon: float, lat: float, odometer_km: float, energy_pct: float) -> None:
        self._energy = energy
        self._parked = Truth(lon, lat, 0.0, 0.0, odometer_km, ignition=False, energy_pct=energy_pct)
        self._leg: Leg | None = None

    def depart(self, drive: Drive, at: datetime) -> datetime:
        """Start driving at `at`; returns the moment of arrival."""
        self._parked = self._at_standstill(at, ignition=True)
        self._leg = Leg(at, drive)
        return self.arrives_at or at

    @property
    def arrives_at(self) -> datetime | None:
        """When the present drive ends; None while parked."""
        if self._leg is None:
            return None
        return self._leg.departs_at.fromtimestamp(
            self._leg.departs_at.timestamp() + self._leg.drive.duration_s, tz=self._leg.departs_at.tzinfo
        )

    def switch_ignition(self, at: datetime, *, on: bool) -> None:
        """Turn the engine off after parking, or on before leaving."""
        self._parked = self._at_standstill(at, ignition=on)
        self._leg = None

    def truth(self, at: datetime) -> Truth:
        if self._leg is None:
            return self._parked
        since = (at - self._leg.departs_at).total_seconds()
        if since <= 0:
            return self._parked
        lon, lat, speed, heading, metres = self._leg.drive.at(since)
        kilometres = metres / 1000
        return Truth(
            lon,
            lat,
            speed,
            heading,
            self._parked.odometer_km + kilometres,
            ignition=True,
            energy_pct=max(0.0, self._parked.energy_pct - kilometres * ENERGY_PER_KM[self._energy]),
        )

    def _at_standstill(self, at: datetime, *, ignition: bool) -> Truth:
        here = self.truth(at)
        return Truth(here.lon, here.lat, 0.0, here.heading_deg, here.odometer_km, ignition, here.energy_pct)
