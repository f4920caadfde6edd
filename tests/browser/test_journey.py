"""The main job, end to end, the way its three users do it: a clerk, a driver, an auditor."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest
from playwright.async_api import expect

from schemas.api.requests import RequestDetail
from schemas.api.runs import Run
from simulators.bots.office import Desk
from tests.browser.album import Album
from tests.browser.auditor import Workspace
from tests.browser.city import City, live_car, metres
from tests.browser.clerk import Console, Wanted
from tests.browser.conftest import OpenWindow
from tests.browser.driver import Phone, lying_in_car
from tests.browser.until import until
from tests.browser.window import PHONE

pytestmark = pytest.mark.browser

RACING_CAR = "示A·10306"
"""The script of seed 7 lets it race at 08:41 without an order."""
AT_THE_BAY_M = 60
STILL_RESERVED = (
    "SELECT count(*) FROM vehicle_reservation WHERE run_id = %s AND NOT released AND during @> %s"
)


def outing(now: datetime) -> Wanted:
    """A short trip near the depot, in a few minutes; only a coach will do, which nobody else asks for."""
    pickup = now + timedelta(minutes=9)
    return Wanted(
        unit="市财政局",
        contact="李科长",
        origin="市政务中心",
        destination="市博物馆",
        pickup=pickup,
        arrive_by=pickup + timedelta(minutes=40),
        passengers=30,
    )


async def back_in_its_bay(office: Desk, run: Run) -> None:
    """Wait until the car stands where the run ends."""
    bay = run.stops[-1]

    async def distance() -> float:
        car = await live_car(office, run.plate)
        return metres(bay.lon, bay.lat, car.lon or 0.0, car.lat or 0.0)

    await until("the car in its bay", distance, lambda far: far < AT_THE_BAY_M)


def reservations_in_force(city: City, run: Run) -> int:
    with psycopg.connect(city.demo.database_url) as connection:
        row = connection.execute(STILL_RESERVED, (run.id, city.now())).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_request_is_confirmed_driven_to_returned_and_another_cars_misuse_is_flagged(
    city: City, open_page: OpenWindow, office: Desk, album: Album
) -> None:
    """Clerk, driver and auditor, each in a browser of their own; the simulated car really drives it."""
    # The clerk enters a request, reads why the planner proposes a car, and confirms with one key.
    desk = await open_page("/")
    await album.keep(desk, "signin")
    await desk.page.get_by_test_id("demo-clerk").click()
    console = Console(desk)
    await console.rows.first.wait_for()
    request_id = await console.enter(outing(city.now()))
    phone = Phone(await open_page("/", size=PHONE))
    run = await console.confirm(request_id)
    await expect(console.toast).to_contain_text(run.driver)

    # The driver named in the proposal walks it; the phone lies in the car.
    await phone.sign_in(city.login_of_driver(run.driver), city.password("driver01"))
    await expect(phone.next_action).to_have_attribute("data-action", "accept")
    await album.keep(phone.window, "driver-tasks")
    async with lying_in_car(phone, office, run.plate) as ride:
        await phone.tap("accept")
        await console.look_into("dispatched")
        await console.row(request_id).click()
        await expect(console.run).to_contain_text(run.driver)
        await phone.tap("depart")
        await ride.under_way()
        await album.keep(phone.window, "driver-active")
        await phone.arrive()
        await phone.tap("board")
        await phone.arrive()
        await phone.tap("alight")
        await back_in_its_bay(office, run)
        await phone.hand_in(odometer_km=48_213)
    assert ride.fastest_kmh > 15
    assert ride.farthest_m > 500

    # What the office now knows.
    ended = await until(
        "the request to be returned",
        lambda: office.get(f"/requests/{request_id}", RequestDetail),
        lambda seen: seen.status == "returned",
    )
    assert ended.vehicle_plate == run.plate
    assert reservations_in_force(city, run) == 0

    # The auditor looks at what another car did meanwhile.
    workspace = Workspace(await open_page("/"))
    await workspace.window.page.get_by_test_id("demo-auditor").click()
    await workspace.open_alert(RACING_CAR)
    await expect(workspace.speed_chart).to_be_visible()
    await album.keep(workspace.window, "audit")
    await workspace.ask_for_explanation("请说明当时的用车事由")
    await workspace.look_into("explain")
    await expect(workspace.alert(RACING_CAR)).to_have_attribute("data-status", "explain_requested")
    await album.keep_console(console)
