"""A terminal in a car: samples the receiver at its intervals and at every turn of the ignition key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.telemetry import Fix, epoch_ms
from simulators.terminals.car import Car, Truth
from simulators.terminals.outbox import RESEND_AFTER_S, Outbox
from simulators.terminals.receiver import Receiver

STATUS_ACC, STATUS_FIXED = 1 << 0, 1 << 1
"""JT/T 808 status bits 0 and 1."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of business time without radio coverage; fixes pile up and go out afterwards."""

    starts_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


def in_full(fix: Fix) -> Fix:
    return fix


class Terminal:
    """Produces fixes in business time; `observe` must be called with growing moments."""

    def __init__(
        self,
        code: str,
        car: Car,
        receiver: Receiver,
        *,
        boot: int,
        starts_at: datetime,
        interval_moving: timedelta,
        interval_parked: timedelta,
        clock_skew: timedelta = timedelta(0),
        silences: Sequence[Silence] = (),
        resend_after_s: float = RESEND_AFTER_S,
        expressed: Callable[[Fix], Fix] = in_full,
    ) -> None:
        """`expressed`: a fix as far as the terminal's protocol can say it."""
        self.code = code
        self.car = car
        self.outbox = Outbox(boot, resend_after_s)
        self._expressed = expressed
        self._receiver = receiver
        self._moving, self._parked = interval_moving, interval_parked
        self._skew = clock_skew
        self._silences = silences
        self._next_at = starts_at
        self.observed_until = starts_at

    def observe(self, until: datetime) -> None:
        """Take every fix that falls due up to `until`."""
        while self._next_at <= until:
            truth = self.car.truth(self._next_at)
            self._take(truth, self._next_at)
            self._next_at += self._moving if truth.ignition else self._parked
        self.observed_until = max(self.observed_until, until)

    def key_turned(self, at: datetime) -> None:
        """The ignition changed: report at once and count the interval from here."""
        truth = self.car.truth(at)
        self._take(truth, at)
        self._next_at = at + (self._moving if truth.ignition else self._parked)

    def has_coverage(self, at: datetime) -> bool:
        return not any(silence.covers(at) for silence in self._silences)

    def sending_time(self, at: datetime) -> int:
        """The terminal's own clock, ms UTC."""
        return epoch_ms(at + self._skew)

    def _take(self, truth: Truth, at: datetime) -> None:
        reading = self._receiver.read(truth, at)
        fix = Fix(
            time=epoch_ms(at),
            sent=self.sending_time(at),
            boot=self.outbox.boot,
            seq=self.outbox.take_number(),
            oldest=0,
            lon=round(reading.lon, 6),
            lat=round(reading.lat, 6),
            speed=round(reading.speed_kmh, 1),
            heading=round(reading.heading_deg, 0) % 360,
            fixed=reading.fixed,
            altitude=32.0,
            odometer=round(truth.odometer_km, 2),
            ignition=truth.ignition,
            energy=round(truth.energy_pct, 1),
            satellites=reading.satellites,
            hdop=round(reading.hdop, 1),
            status=(STATUS_ACC if truth.ignition else 0) | (STATUS_FIXED if reading.fixed else 0),
        )
        self.outbox.put(self._expressed(fix))
