"""A peer that vanished: packets to its address go nowhere, and no kernel answers in its stead.

A proxy cannot play that, for its own kernel goes on confirming what it swallows. Linux has all of 127/8 on
loopback, so each link gets an address of its own, and root can have the kernel drop what is sent to it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


def own_address(number: int) -> str:
    """A loopback address for each `number` up to 100, which no other run on this machine uses."""
    high, low = divmod(os.getpid() % 65_536, 256)
    return f"127.{100 + number}.{high}.{low}"


@contextmanager
def vanished(address: str) -> Iterator[None]:
    route(address, "add")
    try:
        yield
    finally:
        route(address, "delete")


def cannot_vanish(address: str) -> str:
    """Why not; empty if it can."""
    try:
        with vanished(address):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"dropping packets needs root and iproute2: {error}"


def route(address: str, action: str) -> None:
    subprocess.run(
        ["ip", "route", action, "blackhole", f"{address}/32", "table", "local"],
        check=True,
        capture_output=True,
    )
