"""Second thoughts, and what cannot be done: it is said where it was tried, with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.city import City
from tests.browser.clerk import Console, Wanted
from tests.browser.conftest import OpenWindow

pytestmark = pytest.mark.browser


def wanted(city: City) -> Wanted:
    pickup = city.now() + timedelta(hours=3)
    return Wanted(
        unit="市财政局",
        contact="王主任",
        origin="市财政局",
        destination="市人民医院",
        pickup=pickup,
        arrive_by=pickup + timedelta(minutes=45),
    )


async def test_a_request_no_car_can_serve_shows_what_binds_and_how_many_cars_fail(
    city: City, open_page: OpenWindow
) -> None:
    console = Console(await open_page("/dispatch", "clerk03"))
    await console.rows.first.wait_for()

    await console.enter(replace(wanted(city), passengers=6, wheelchair=True))

    page = console.window.page
    await page.get_by_test_id("infeasible").wait_for()
    counted = await page.get_by_test_id("excluded").all_inner_texts()
    assert any("轮椅" in line and "辆" in line for line in counted)
    await expect(page.get_by_test_id("confirm")).to_be_disabled()
    await expect(page.get_by_test_id("manual")).to_be_enabled()


async def test_a_trip_that_ends_before_it_starts_is_refused_in_the_dialog_and_nothing_typed_is_lost(
    city: City, open_page: OpenWindow
) -> None:
    console = Console(await open_page("/dispatch", "clerk03"))
    await console.rows.first.wait_for()
    sensible = wanted(city)

    await console.fill_in(replace(sensible, arrive_by=sensible.pickup - timedelta(minutes=30)))

    page = console.window.page
    await expect(page.get_by_test_id("refusal")).to_contain_text("填写有误")
    await expect(page.get_by_test_id("refusal")).to_contain_text("would end before it starts")
    await expect(page.locator('[name="contact"]')).to_have_value("王主任")
    console.window.forgive("422")


async def test_a_confirmation_can_be_taken_back_and_the_request_waits_again(
    city: City, open_page: OpenWindow
) -> None:
    """UI §1: undo beats confirm."""
    console = Console(await open_page("/dispatch", "clerk03"))
    await console.rows.first.wait_for()
    request_id = await console.enter(replace(wanted(city), passengers=3))
    await console.confirm(request_id)
    await expect(console.row(request_id)).to_have_count(0)

    await console.window.page.get_by_test_id("undo").click()

    await expect(console.row(request_id)).to_have_attribute("data-status", "pending_dispatch")
