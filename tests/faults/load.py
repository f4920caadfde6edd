"""Load: terminals that take fixes at a steady pace and send them, and conditions to wait for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from schemas.clock import Clock
from schemas.telemetry import epoch_ms
from tests.faults.background import Background
from tests.faults.ledger import Ledger
from tests.faults.terminal import Terminal

TICK_S = 0.025
POLL_S = 0.02
FIXES_OF_A_STALL = 3
PATIENCE_S = 120.0
"""For one condition, on a machine that others use too."""
SLOWEST_PACE = 50
"""Fixes a second such a machine takes at least."""


class Load:
    """Drives `terminals`; each takes a fix every `pace_s` real seconds while `flowing`."""

    def __init__(
        self,
        background: Background,
        terminals: Sequence[Terminal],
        ledger: Ledger,
        clock: Clock,
        pace_s: float,
        words: Callable[[], str],
        *,
        flowing: bool = True,
    ) -> None:
        self.terminals = terminals
        self.flowing = flowing
        self.taken = 0
        self._background = background
        self._ledger = ledger
        self._clock = clock
        self._words = words
        self._groups = max(1, round(pace_s / TICK_S))
        self._stopping = False
        self._running: Future[None] = asyncio.run_coroutine_threadsafe(self._run(), background.loop)

    @property
    def told(self) -> int:
        """Fixes whose acknowledgement reached their terminal."""
        return sum(terminal.told for terminal in self.terminals)

    @property
    def held(self) -> int:
        return sum(len(terminal) for terminal in self.terminals)

    @property
    def connected(self) -> int:
        return sum(terminal.connected for terminal in self.terminals)

    def wait(self, what: str, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while not holds():
            if self._running.done():
                self._running.result()
            assert time.monotonic() < deadline, (
                f"waited in vain for {what}: taken {self.taken}, told {self.told}, held {self.held}, "
                f"connected {self.connected} of {len(self.terminals)}\n{self._words()}"
            )
            time.sleep(POLL_S)

    def wait_taken(self, further: int) -> None:
        """A moment that a seed can name: when so many further fixes were taken."""
        enough = self.taken + further
        patience_s = PATIENCE_S + further / SLOWEST_PACE
        self.wait(f"{further} further fixes", lambda: self.taken >= enough, patience_s)

    def wait_flow(self) -> None:
        """Until half of the terminals were told of a fix taken from now on."""
        now, enough = self.taken, len(self.terminals) / 2
        self.wait(
            "acknowledgements to flow",
            lambda: sum(terminal.newest_told >= now for terminal in self.terminals) >= enough,
        )

    def drain(self) -> None:
        """Nothing new, until everything taken was acknowledged."""
        self.flowing = False
        self.wait("everything to be acknowledged", lambda: self.held == 0)

    def wait_stall(self) -> None:
        """Until so much is held that acknowledgements must have stopped."""
        much = self.held + FIXES_OF_A_STALL * len(self.terminals)
        self.wait("acknowledgements to stop", lambda: self.held >= much)

    def take_one_each(self) -> None:
        """Every terminal takes one fix, at once."""
        self._background.run(self._take_one_each())

    def reboot(self) -> None:
        """All terminals start anew."""
        self._background.run(self._reboot())

    def stop(self) -> None:
        self._stopping = True
        self._running.result(PATIENCE_S)

    async def _run(self) -> None:
        tick = 0
        while not self._stopping:
            turn = self.terminals[tick % self._groups :: self._groups]
            if self.flowing:
                for terminal in turn:
                    self._take(terminal)
            self._settle()
            real_s, now_ms = asyncio.get_running_loop().time(), epoch_ms(self._clock.now())
            for terminal in turn:
                terminal.tend(real_s, now_ms)
            tick += 1
            await asyncio.sleep(TICK_S)
        self._settle()
        for terminal in self.terminals:
            terminal.close()

    def _settle(self) -> None:
        self._ledger.commit()
        for terminal in self.terminals:
            terminal.forget_what_was_told()

    def _take(self, terminal: Terminal) -> None:
        terminal.take(self.taken, epoch_ms(self._clock.now()))
        self.taken += 1

    async def _take_one_each(self) -> None:
        for terminal in self.terminals:
            self._take(terminal)

    async def _reboot(self) -> None:
        for terminal in self.terminals:
            terminal.reboot()
