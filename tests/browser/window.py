"""A browser window: one person's, with nobody else's cookies, that remembers what went wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, Page, Request, ViewportSize, expect

from tests.browser.until import PATIENCE_S

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Then a map has begun to draw what it was told."""
OWN_SCHEMES = ("data:", "blob:")


@dataclass
class Window:
    """`complaints`: errors and warnings of the console, uncaught errors, requests to anywhere but us."""

    url: str
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, login: str, password: str) -> None:
        """As this account, without the form."""
        answer = await self.page.context.request.post(
            f"{self.url}/api/v1/session",
            data={"login": login, "password": password},
            headers={"X-Motorpool": "1"},
        )
        assert answer.ok, await answer.text()

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def widest_px(self) -> int:
        """Width the page would need to show without scrolling sideways."""
        width: int = await self.page.evaluate("document.documentElement.scrollWidth")
        return width

    def forgive(self, sign: str) -> None:
        """The browser itself reports a refused request as an error; this one was meant."""
        assert any(sign in complaint for complaint in self.complaints)
        self.complaints[:] = [complaint for complaint in self.complaints if sign not in complaint]

    async def photograph(self, path: Path) -> None:
        """A picture of what stands, once its maps are drawn, without the pointer's marks."""
        await self.page.evaluate(TWO_FRAMES)
        await expect(self.page.locator('[aria-busy="true"]')).to_have_count(0)
        await self.page.mouse.move(0, 0)
        await self.page.screenshot(path=path, animations="disabled")

    def listen(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", self._watch)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.url, *OWN_SCHEMES)):
            self.complaints.append(f"asks a stranger: {request.url}")


async def open_window(
    browser: Browser, url: str, size: ViewportSize, *, locale: str = "zh-CN", dark: bool = False
) -> Window:
    """A fresh window at the sign-in page's address, showing nothing yet."""
    context = await browser.new_context(
        viewport=size,
        locale=locale,
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if dark else "light",
        permissions=["geolocation"],
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    window = Window(url, await context.new_page())
    window.listen()
    return window
