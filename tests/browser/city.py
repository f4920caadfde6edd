"""The product as the city sees it: its address, its accounts, and what its office knows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from fleet.local.status import stack_status
from schemas.api.identity import Role
from schemas.api.live import LiveVehicle
from simulators.bots.office import Desk
from simulators.world import demo_passwords
from simulators.world.people import account_rows
from tests.faults.demo import Demo

SEED = 7
METRES_PER_DEGREE = 111_000.0


@dataclass(frozen=True)
class City:
    """A demo that runs."""

    demo: Demo

    @property
    def url(self) -> str:
        return stack_status(self.demo.paths).reading.url

    def now(self) -> datetime:
        """Business time."""
        return self.demo.now()

    def desk(self, login: str) -> Desk:
        """This account over HTTP, to look at what a screen should show."""
        return Desk(self.url, login, self.password(login))

    def password(self, login: str) -> str:
        return demo_passwords(SEED)[self._role(login)]

    def login_of_driver(self, name: str) -> str:
        return next(row.login for row in account_rows(demo_passwords(SEED)) if row.name == name)

    def _role(self, login: str) -> Role:
        return next(row.roles[0] for row in account_rows(demo_passwords(SEED)) if row.login == login)


async def live_car(desk: Desk, plate: str) -> LiveVehicle:
    """The car as the office sees it now."""
    return next(car for car in await desk.get("/vehicles", list[LiveVehicle]) if car.plate == plate)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Exact enough within a city."""
    east = (other_lon - lon) * math.cos(math.radians(lat))
    return METRES_PER_DEGREE * math.hypot(east, other_lat - lat)
