"""The clerk's console, as a clerk uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from playwright.async_api import Locator, expect

from schemas.api.runs import Run
from schemas.clock import SHANGHAI
from tests.browser.window import Window


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for on the telephone."""

    unit: str
    contact: str
    origin: str
    destination: str
    pickup: datetime
    arrive_by: datetime
    passengers: int = 1
    wheelchair: bool = False


@dataclass(frozen=True)
class Console:
    window: Window

    @property
    def rows(self) -> Locator:
        return self.window.page.get_by_test_id("request-row")

    def row(self, request_id: int) -> Locator:
        return self.window.page.locator(f'[data-testid="request-row"][data-id="{request_id}"]')

    @property
    def selected(self) -> Locator:
        return self.window.page.locator('[data-testid="request-row"][aria-selected="true"]')

    @property
    def proposal(self) -> Locator:
        return self.window.page.get_by_test_id("proposal")

    @property
    def toast(self) -> Locator:
        return self.window.page.get_by_test_id("undo-toast")

    @property
    def run(self) -> Locator:
        return self.window.page.get_by_test_id("run")

    async def look_into(self, tab: str) -> None:
        await self.window.page.get_by_test_id(f"tab-{tab}").click()

    async def fill_in(self, wanted: Wanted) -> None:
        """Open the dialog, fill it in for today, send it."""
        page = self.window.page
        await page.get_by_test_id("new-request").click()
        form = page.get_by_test_id("new-request-form")
        await self._pick("field-organisation", wanted.unit)
        await form.locator('[name="contact"]').fill(wanted.contact)
        await self._pick("field-origin", wanted.origin)
        await self._pick("field-destination", wanted.destination)
        await form.locator('[name="pickup"]').fill(f"{wanted.pickup.astimezone(SHANGHAI):%H:%M}")
        await form.locator('[name="arrive-by"]').fill(f"{wanted.arrive_by.astimezone(SHANGHAI):%H:%M}")
        await form.locator('[name="passengers"]').fill(str(wanted.passengers))
        await form.locator('[name="wheelchair"]').set_checked(wanted.wheelchair)
        await page.get_by_test_id("submit-request").click()

    async def enter(self, wanted: Wanted) -> int:
        """Hand in a request; returns its id once the console has selected it."""
        async with self.window.page.expect_response(
            lambda answer: answer.url.endswith("/api/v1/requests") and answer.request.method == "POST"
        ) as answered:
            await self.fill_in(wanted)
        created = await (await answered.value).json()
        await self.window.page.get_by_test_id("new-request-form").wait_for(state="detached")
        await expect(self.selected).to_have_attribute("data-id", str(created["id"]))
        return int(created["id"])

    async def confirm(self, request_id: int) -> Run:
        """Confirm by key. If the pool has moved on meanwhile, the page says so: read it, and confirm what
        is proposed now."""
        page = self.window.page
        while True:
            await self.row(request_id).click()
            await self.proposal.wait_for()
            async with page.expect_response(re.compile("/proposals/[0-9]+/confirm$")) as answered:
                await page.keyboard.press("Enter")
            answer = await answered.value
            if answer.ok:
                return Run.model_validate(await answer.json())
            assert answer.status == 409, await answer.text()
            await page.get_by_test_id("conflict").get_by_role("button").click()
            self.window.forgive("409")

    async def _pick(self, field: str, name: str) -> None:
        """Choose an entry of a list by typing its name."""
        page = self.window.page
        await page.get_by_test_id(field).locator(".n-base-selection").click()
        await page.keyboard.type(name)
        options = page.locator(".n-base-select-option:visible")
        await options.filter(has_text=name).first.click()
        await expect(options).to_have_count(0)
