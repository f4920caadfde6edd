"""A driver's phone, lying in the car that drives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Geolocation, Locator, expect

from schemas.api.live import LiveVehicle
from simulators.bots.office import Desk
from tests.browser.city import live_car, metres
from tests.browser.until import LOOK_EVERY_S, until
from tests.browser.window import Window

WALKING_KMH = 10


@dataclass(frozen=True)
class Phone:
    window: Window

    @property
    def next_action(self) -> Locator:
        return self.window.page.get_by_test_id("next-action")

    async def sign_in(self, login: str, password: str) -> None:
        page = self.window.page
        await page.locator("#login").fill(login)
        await page.locator("#password").fill(password)
        await page.locator('form button[type="submit"]').click()
        await page.get_by_test_id("driver-tasks").wait_for()

    async def tap(self, action: str) -> None:
        """Tap the one button, which must offer this action."""
        await expect(self.next_action).to_have_attribute("data-action", action)
        await self.next_action.click()

    async def arrive(self) -> None:
        """Wait until the phone says that it is at the stop, then tap."""
        await expect(self.next_action).to_have_attribute("data-action", "arrive")
        await expect(self.next_action).to_contain_text("你已在 150 米内")
        await self.next_action.click()

    async def hand_in(self, odometer_km: int) -> None:
        """The car is back: type the odometer's reading and end the run."""
        page = self.window.page
        await self.tap("return")
        await page.get_by_test_id("driver-return").wait_for()
        for digit in str(odometer_km):
            await page.get_by_test_id(f"digit-{digit}").click()
        await self.tap("return")
        await page.get_by_test_id("driver-tasks").wait_for()


@dataclass
class Ride:
    """Where the car has been while the phone lay in it."""

    seen: list[LiveVehicle] = field(default_factory=list)

    @property
    def fastest_kmh(self) -> float:
        return max(car.speed_kmh or 0.0 for car in self.seen)

    async def under_way(self) -> None:
        """Wait until the car drives."""
        await until("the car to drive", self._speed, lambda kmh: kmh > WALKING_KMH)

    async def _speed(self) -> float:
        return (self.seen[-1].speed_kmh if self.seen else None) or 0.0

    @property
    def farthest_m(self) -> float:
        """From where it stood first."""
        first = self.seen[0]
        assert first.lon is not None and first.lat is not None
        return max(
            metres(first.lon, first.lat, car.lon, car.lat)
            for car in self.seen
            if car.lon is not None and car.lat is not None
        )


@asynccontextmanager
async def lying_in_car(phone: Phone, desk: Desk, plate: str) -> AsyncIterator[Ride]:
    """The phone's own position is the car's for as long as this lasts."""
    ride = Ride()
    following = asyncio.create_task(_follow(phone, desk, plate, ride))
    try:
        yield ride
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _follow(phone: Phone, desk: Desk, plate: str, ride: Ride) -> None:
    while True:
        car = await live_car(desk, plate)
        if car.lon is not None and car.lat is not None:
            ride.seen.append(car)
            here: Geolocation = {"longitude": car.lon, "latitude": car.lat, "accuracy": 5}
            await phone.window.page.context.set_geolocation(here)
        await asyncio.sleep(LOOK_EVERY_S)
