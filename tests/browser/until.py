"""Waiting for what the city does by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Seen = TypeVar("Seen")

PATIENCE_S = 180.0
"""For one condition, on a machine that others use too; Playwright waits as long."""
LOOK_EVERY_S = 0.4


async def until(what: str, look: Callable[[], Awaitable[Seen]], holds: Callable[[Seen], bool]) -> Seen:
    """Look until `holds`, and return what was seen then."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds(seen := await look()):
        assert time.monotonic() < deadline, f"waited in vain for {what}: {seen}"
        await asyncio.sleep(LOOK_EVERY_S)
    return seen
