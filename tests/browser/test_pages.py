"""What holds on every page: it fits, it is quiet, it speaks two languages, it works by key and at night."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import ViewportSize, expect

from schemas.api.runs import Run
from schemas.clock import SHANGHAI
from simulators.bots.office import Desk
from tests.browser.city import City
from tests.browser.clerk import Console
from tests.browser.conftest import OpenWindow
from tests.browser.until import until
from tests.browser.window import DESK, PHONE

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 1280, "height": 800}
PAGES = [
    ("/", None, DESK, "#login"),
    ("/dispatch", "clerk03", DESK, "[data-testid=request-row]"),
    ("/dispatch", "clerk03", NARROW, "[data-testid=request-row]"),
    ("/requests", "clerk03", NARROW, "[data-testid=request]"),
    ("/audit", "auditor01", DESK, "[data-testid=tab-verify]"),
    ("/audit", "auditor01", NARROW, "[data-testid=tab-verify]"),
    ("/driver", "driver01", PHONE, "[data-testid=driver-tasks]"),
]
CHROME = "h1, dt, nav a, [role=tab], .button:not([data-testid=language])"
"""What the product itself says on a desk's page; everything else may be data."""
CHINESE = re.compile("[\u4e00-\u9fff]")
BACKGROUND = "bar => getComputedStyle(bar).backgroundColor"
NAMELESS = """
[...document.querySelectorAll('button, a[href], input, [role=slider]')]
  .filter(each => each.checkVisibility())
  .filter(each => !each.innerText && !each.ariaLabel && !each.title && !each.labels?.length)
  .map(each => each.outerHTML)
"""


@pytest.mark.parametrize(("path", "login", "size", "landmark"), PAGES)
async def test_a_page_fits_its_window_names_every_control_and_asks_nobody_else(
    open_page: OpenWindow, path: str, login: str | None, size: ViewportSize, landmark: str
) -> None:
    """Closing the window fails the test if the console was not clean or a stranger was asked."""
    window = await open_page(path, login, size=size)
    await window.page.locator(landmark).first.wait_for()

    assert await window.widest_px() <= size["width"]
    assert await window.page.evaluate(NAMELESS) == []


async def test_keys_move_the_selection_down_and_up_the_queue(open_page: OpenWindow) -> None:
    console = Console(await open_page("/dispatch", "clerk03"))
    await expect(console.selected).to_have_count(1)
    first = await console.selected.get_attribute("data-id")
    second = await console.rows.nth(1).get_attribute("data-id")
    assert first is not None and second is not None

    await console.window.page.keyboard.press("j")
    await expect(console.selected).to_have_attribute("data-id", second)

    await console.window.page.keyboard.press("k")
    await expect(console.selected).to_have_attribute("data-id", first)


async def test_the_queue_is_sorted_by_what_must_be_decided_first(open_page: OpenWindow) -> None:
    console = Console(await open_page("/dispatch", "clerk03"))
    await console.rows.first.wait_for()

    due = await console.rows.evaluate_all("rows => rows.map(row => row.dataset.decideBy)")

    assert due == sorted(due)


async def test_a_proposal_says_why_and_looks_like_one(open_page: OpenWindow) -> None:
    """UI §1: what is not in force is dashed; every suggestion says why. DESIGN 4.7."""
    console = Console(await open_page("/dispatch", "clerk03"))
    await console.rows.filter(has_text="有建议").first.click()
    await console.proposal.wait_for()

    assert await console.proposal.get_by_test_id("reason").count() >= 3
    assert await console.proposal.evaluate("card => getComputedStyle(card).borderStyle") == "dashed"


@pytest.mark.parametrize(("path", "login"), [("/dispatch", "clerk03"), ("/audit", "auditor01")])
async def test_one_click_turns_the_page_into_english(open_page: OpenWindow, path: str, login: str) -> None:
    page = (await open_page(path, login)).page
    await page.get_by_test_id("language").click()
    await expect(page.get_by_test_id("language")).to_have_text("中文")
    await expect(page.locator("html")).to_have_attribute("lang", "en")

    said = await page.locator(CHROME).all_inner_texts()

    assert [text for text in said if CHINESE.search(text)] == []


@pytest.mark.parametrize(("path", "login"), [("/dispatch", "clerk03"), ("/audit", "auditor01")])
async def test_the_dark_theme_follows_the_system_and_one_click_overrides_it(
    open_page: OpenWindow, path: str, login: str
) -> None:
    page = (await open_page(path, login, dark=True)).page
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    bar = page.locator("header.top")
    dark = await bar.evaluate(BACKGROUND)

    await page.get_by_test_id("theme").click()

    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert await bar.evaluate(BACKGROUND) != dark


async def test_the_one_next_step_of_a_driver_is_large_and_under_the_thumb(
    city: City, open_page: OpenWindow, office: Desk
) -> None:
    today = city.now().astimezone(SHANGHAI).date().isoformat()
    runs = await until(
        "a run that is not over",
        lambda: office.get("/runs", list[Run], on=today),
        lambda seen: any(run.next_step for run in seen),
    )
    busy = next(run for run in runs if run.next_step)
    window = await open_page("/driver", city.login_of_driver(busy.driver), size=PHONE)
    button = window.page.get_by_test_id("next-action")
    await expect(button).to_have_count(1)

    box = await button.bounding_box()

    assert box is not None
    assert box["height"] >= 72
    assert box["y"] >= PHONE["height"] * 2 / 3
