"""One open stream. What waits for it is bounded: newer states replace older ones, changes are told once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fleet.live.model import Cursor, Entry, View
from schemas.api.live import Change, Counters, LiveVehicle

MOST_WAITING = 2_000


@dataclass(slots=True, eq=False)
class Subscriber:
    view: View
    vehicles: dict[int, LiveVehicle] = field(default_factory=dict)
    counters: Counters | None = None
    changes: dict[Change, Cursor] = field(default_factory=dict)
    ended: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        """End the stream; the client may come back and resume."""
        self.ended = True
        self.wake.set()

    def offer_vehicles(self, vehicles: list[LiveVehicle]) -> None:
        self.vehicles.update((vehicle.id, vehicle) for vehicle in vehicles)
        self.wake.set()

    def offer_counters(self, counters: Counters) -> None:
        self.counters = counters
        self.wake.set()

    def offer(self, entry: Entry) -> None:
        """Queue a change this reader hears of; the same subject again moves to the end."""
        if not self.view.hears(entry):
            return
        self.changes.pop(entry.change, None)
        self.changes[entry.change] = entry.cursor
        self.ended |= len(self.changes) > MOST_WAITING
        self.wake.set()

    def take(self) -> tuple[list[LiveVehicle], Counters | None, list[tuple[Cursor, Change]]]:
        """Everything that waits; afterwards nothing does."""
        vehicles = list(self.vehicles.values())
        changes = [(cursor, change) for change, cursor in self.changes.items()]
        counters, self.counters = self.counters, None
        self.vehicles.clear()
        self.changes.clear()
        self.wake.clear()
        return vehicles, counters, changes
