"""The pictures of docs/screenshots, taken while the tests run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import expect

from tests.browser.clerk import Console
from tests.browser.window import Window

SEVERAL = re.compile("^([6-9]|[1-9][0-9])$")
"""Cars that must be on the road in a picture of the console."""


@dataclass(frozen=True)
class Album:
    """Keeps pictures if somebody asked for them."""

    folder: Path | None

    async def keep(self, window: Window, name: str) -> None:
        if self.folder is not None:
            await window.photograph(self.folder / f"{name}.png")

    async def keep_console(self, console: Console) -> None:
        """The console with a proposal to decide on: in daylight, in the dark, in English."""
        if self.folder is None:
            return
        page = console.window.page
        on_task = page.get_by_test_id("counter-on_task").locator("dd")
        await expect(on_task).to_have_text(SEVERAL)
        await console.look_into("pending")
        await console.rows.first.click()
        await console.proposal.wait_for()
        await self.keep(console.window, "clerk")
        await page.get_by_test_id("theme").click()
        await self.keep(console.window, "clerk-dark")
        await page.get_by_test_id("theme").click()
        await page.get_by_test_id("language").click()
        await self.keep(console.window, "clerk-en")
        await page.get_by_test_id("language").click()
