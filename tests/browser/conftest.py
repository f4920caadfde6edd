"""One demo for the whole folder, and headless Chromium to look at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, ViewportSize, async_playwright, expect

from fleet.local.engines import Engines
from simulators.bots.office import Desk
from tests.browser.album import Album
from tests.browser.city import SEED, City
from tests.browser.until import PATIENCE_S
from tests.browser.window import DESK, Window, open_window
from tests.faults.demo import data_folder, start_demo

CHROMIUM = Path("/usr/bin/chromium")
RATE = 12
START = "2026-03-11T08:45"
"""Four minutes after the first scripted race, which therefore begins at once."""
HOLD_S = 60

OpenWindow = Callable[..., Awaitable[Window]]


@pytest.fixture(scope="session")
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: install the package chromium")
    return CHROMIUM


@pytest.fixture(scope="package")
def city(chromium: Path, engines: Engines) -> Iterator[City]:
    """The real product with a simulated city at work; every driver leaves the phone to us at first."""
    with data_folder() as paths:
        demo = start_demo(
            paths,
            *("--seed", str(SEED), "--rate", str(RATE), "--start", START),
            *("--hold", "all", "--hold-s", str(HOLD_S)),
        )
        try:
            demo.wait_until_up()
            demo.wait_for("a city at work", lambda seen: seen.told > 0 and seen.requests > 0)
            yield City(demo)
            assert demo.interrupt() == []
        finally:
            demo.stop()


@pytest.fixture
async def office(city: City) -> AsyncIterator[Desk]:
    """What the office knows, as clerk03 may read it, to compare with what screens show."""
    desk = city.desk("clerk03")
    yield desk
    await desk.aclose()


@pytest.fixture(scope="package")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        await started.close()


@pytest.fixture
async def open_page(city: City, browser: Browser) -> AsyncIterator[OpenWindow]:
    """`await open_page("/audit", "auditor01")`: a window of somebody signed in, which must not complain."""
    opened: list[Window] = []

    async def open_one(
        path: str, login: str | None = None, *, size: ViewportSize = DESK, dark: bool = False
    ) -> Window:
        window = await open_window(browser, city.url, size, dark=dark)
        opened.append(window)
        if login is not None:
            await window.sign_in(login, city.password(login))
        await window.go(path)
        return window

    yield open_one
    for window in opened:
        await window.page.context.close()
    assert [complaint for window in opened for complaint in window.complaints] == [], city.demo.words()


@pytest.fixture(scope="session")
def album(request: pytest.FixtureRequest) -> Album:
    wanted = bool(request.config.getoption("--screenshots"))
    folder = request.config.rootpath / "docs" / "screenshots"
    if wanted:
        folder.mkdir(exist_ok=True)
    return Album(folder if wanted else None)
