"""Every car of the city with its terminal and radio, and the loop that keeps them reporting."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog

from schemas.api.live import LiveVehicle
from schemas.api.registry import RegistryImport, TerminalRow, VehicleRow
from schemas.clock import Clock
from simulators.terminals.car import Car
from simulators.terminals.drive import Style, plan_drive
from simulators.terminals.jt808_radio import GatewayAddress, Jt808Radio
from simulators.terminals.jt808_report import as_the_standard_says_it
from simulators.terminals.ledger import Ledger
from simulators.terminals.outbox import RESEND_AFTER_S
from simulators.terminals.radio import BrokerAddress, Link, Radio
from simulators.terminals.receiver import Receiver, Sky
from simulators.terminals.roads import Lonlat, Roads
from simulators.terminals.terminal import Silence, Terminal, in_full

TICK_S = 0.1
HOUSEKEEPING_EVERY = 10
"""Ticks between two calls of the radios' housekeeping."""
ENGINE_ON_BEFORE = timedelta(seconds=15)
CLEARLY_OVER = 1.15
"""Times the legal limit."""
SILENT_SHARE = 0.35
"""Share of terminals that lose coverage once in a day."""

log = structlog.get_logger()


@dataclass(slots=True)
class Unit:
    """A car, what sits in it, and how it is driven."""

    vehicle: VehicleRow
    car: Car
    terminal: Terminal
    radio: Link
    random: np.random.Generator
    style: Style


class Garage:
    """All units, by plate."""

    def __init__(self, units: Mapping[str, Unit], roads: Roads, clock: Clock) -> None:
        self._units = dict(units)
        self._roads = roads
        self._clock = clock

    def unit(self, plate: str) -> Unit:
        return self._units[plate]

    def wheel(self, plate: str, style: Style | None = None) -> UnitWheel:
        """The car for somebody to drive, in that style rather than its driver's own."""
        return UnitWheel(self._units[plate], self._roads, self._clock, style)

    @property
    def unsent(self) -> int:
        """Fixes no terminal was told to be handled."""
        return sum(len(unit.terminal.outbox) for unit in self._units.values())

    async def report(self) -> None:
        """Observe and send for ever."""
        tick = 0
        while True:
            now = self._clock.now()
            for unit in self._units.values():
                unit.terminal.observe(now)
                unit.radio.tick(now)
                if tick % HOUSEKEEPING_EVERY == 0:
                    unit.radio.keep_alive()
            tick += 1
            await asyncio.sleep(TICK_S)

    def close(self) -> None:
        for unit in self._units.values():
            unit.radio.close()


@dataclass(frozen=True, slots=True)
class Driven:
    """One drive that was made; `seconds_over` above 1.15 times the legal limit."""

    departed_at: datetime
    arrived_at: datetime
    seconds_over: float


class UnitWheel:
    """Drives one unit along real roads; its terminal sees every second of it."""

    def __init__(self, unit: Unit, roads: Roads, clock: Clock, style: Style | None = None) -> None:
        self._unit = unit
        self._roads = roads
        self._clock = clock
        self._style = style or unit.style
        self.driven: list[Driven] = []

    def place(self) -> Lonlat:
        truth = self._unit.car.truth(self._clock.now())
        return truth.lon, truth.lat

    def odometer_km(self) -> float:
        return self._unit.car.truth(self._clock.now()).odometer_km

    async def drive_to(self, lon: float, lat: float) -> datetime:
        return await self.drive_through([(lon, lat)])

    async def drive_through(self, spots: Sequence[Lonlat]) -> datetime:
        """Drive by way of all `spots`; returns the moment of arrival once it has come."""
        road = await self._roads.between([self.place(), *spots])
        drive = plan_drive(road, self._style, self._unit.random)
        departure = self._turn_on() + ENGINE_ON_BEFORE
        arrival = self._unit.car.depart(drive, departure)
        await asyncio.sleep(max(0.0, self._clock.real_seconds(arrival - self._clock.now())))
        self.driven.append(Driven(departure, arrival, drive.seconds_over(CLEARLY_OVER)))
        return arrival

    def engine_off(self, at: datetime) -> None:
        terminal = self._unit.terminal
        at = max(at, terminal.observed_until)
        terminal.observe(at)
        if self._unit.car.truth(at).ignition:
            self._unit.car.switch_ignition(at, on=False)
            terminal.key_turned(at)

    def _turn_on(self) -> datetime:
        at = max(self._clock.now(), self._unit.terminal.observed_until)
        self._unit.terminal.observe(at)
        if not self._unit.car.truth(at).ignition:
            self._unit.car.switch_ignition(at, on=True)
            self._unit.terminal.key_turned(at)
        return at


def open_garage(
    world: RegistryImport,
    known: Mapping[str, LiveVehicle],
    passwords: Mapping[str, str],
    *,
    sky: Sky,
    roads: Roads,
    clock: Clock,
    broker: BrokerAddress,
    gateway: GatewayAddress,
    ledger: Ledger,
    seed: int,
    boot: int,
) -> Garage:
    """Put a terminal into every car. A car the product has seen stands where it was, others in their bay."""
    bays = {(depot.code, bay.code): (bay.lon, bay.lat) for depot in world.depots for bay in depot.bays}
    vehicles = {vehicle.plate: vehicle for vehicle in world.vehicles}
    now = clock.now()
    units: dict[str, Unit] = {}
    for number, row in enumerate(world.terminals):
        if row.plate is None:
            continue
        vehicle = vehicles[row.plate]
        random = np.random.default_rng([seed, number])
        seen = known.get(row.plate)
        lon, lat = _standing(seen, bays[vehicle.depot, vehicle.bay])
        car = Car(
            vehicle.energy,
            lon,
            lat,
            odometer_km=float(random.uniform(8_000, 90_000)),
            energy_pct=(seen.energy_pct if seen and seen.energy_pct else float(random.uniform(55, 95))),
        )
        terminal = _terminal(row, car, sky, random, boot, now)
        radio: Link = (
            Jt808Radio(terminal, row.plate, gateway, ledger)
            if row.protocol == "jt808"
            else Radio(terminal, passwords[row.code], broker, ledger)
        )
        units[row.plate] = Unit(
            vehicle, car, terminal, radio, random, Style(float(np.clip(random.normal(0.9, 0.03), 0.8, 0.97)))
        )
    return Garage(units, roads, clock)


def _standing(seen: LiveVehicle | None, bay: Lonlat) -> Lonlat:
    if seen is None or seen.lon is None or seen.lat is None:
        return bay
    return seen.lon, seen.lat


def _terminal(
    row: TerminalRow, car: Car, sky: Sky, random: np.random.Generator, boot: int, now: datetime
) -> Terminal:
    over_tcp = row.protocol == "jt808"
    silences = []
    if random.random() < SILENT_SHARE:
        starts = now + timedelta(minutes=float(random.uniform(20, 600)))
        silences.append(Silence(starts, starts + timedelta(minutes=float(random.uniform(4, 25)))))
    return Terminal(
        row.code,
        car,
        Receiver(sky, random),
        boot=boot,
        starts_at=now + timedelta(seconds=float(random.uniform(0, 20))),
        interval_moving=timedelta(seconds=row.interval_moving_s),
        interval_parked=timedelta(seconds=row.interval_parked_s),
        clock_skew=timedelta(seconds=float(random.normal(0, 1.5))),
        silences=silences,
        resend_after_s=math.inf if over_tcp else RESEND_AFTER_S,
        expressed=as_the_standard_says_it if over_tcp else in_full,
    )
