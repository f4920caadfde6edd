"""The auditor's workspace, as an auditor uses it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Locator, expect

from tests.browser.window import Window


@dataclass(frozen=True)
class Workspace:
    window: Window

    @property
    def header(self) -> Locator:
        return self.window.page.get_by_test_id("case-header")

    @property
    def speed_chart(self) -> Locator:
        return self.window.page.get_by_test_id("speed-chart").locator("canvas")

    def alert(self, plate: str) -> Locator:
        return self.window.page.locator(f'[data-testid="alert-row"][data-plate="{plate}"]').first

    async def open_alert(self, plate: str) -> None:
        """Wait for supervision to flag the car, then open it."""
        await self.alert(plate).click()
        await expect(self.header).to_contain_text(plate)

    async def ask_for_explanation(self, question: str) -> None:
        """By key, as somebody does who has forty to look at."""
        page = self.window.page
        await page.keyboard.press("e")
        await page.get_by_test_id("reason-text").fill(question)
        await page.get_by_test_id("reason-submit").click()

    async def look_into(self, tab: str) -> None:
        await self.window.page.get_by_test_id(f"tab-{tab}").click()
