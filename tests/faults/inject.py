"""Faults, each as a context: it begins on entry and is healed on exit."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from tests.faults.blackhole import cannot_vanish, vanished
from tests.faults.load import Load
from tests.faults.proxy import Mode
from tests.faults.schedule import NETWORKS, Fault, Strike
from tests.faults.stack import Death, Link, Part, Stack
from tests.faults.terminal import Disguise, Terminal

DAY_MS = 86_400_000
DISGUISES = {
    "days ahead": Disguise(3 * DAY_MS, "aside"),
    "years behind": Disguise(-9 * 365 * DAY_MS, "aside"),
    "weeks behind": Disguise(-20 * DAY_MS, "stored"),
}
EITHER = Disguise(0, "either")
WORKER_CLOCKS = {"ahead": timedelta(hours=2), "behind": timedelta(minutes=-30)}
EVERY_NTH_IS_WRONG = 4


@dataclass(frozen=True)
class Range:
    """Where faults are injected."""

    stack: Stack
    load: Load

    def strike(self, strike: Strike) -> float:
        """Wait for the moment, let it all happen, heal; real seconds from there until data flowed again."""
        self.load.wait_taken(strike.after)
        with ExitStack() as faults:
            for fault in strike.faults:
                faults.enter_context(self.fault(fault))
            self.load.wait_taken(strike.hold)
            healed_at = time.monotonic()
        self.load.wait_flow()
        return time.monotonic() - healed_at

    def impossible(self, strike: Strike) -> str:
        """Why this machine does not allow it; empty if it does."""
        if any(fault.kind == "vanish" for fault in strike.faults):
            return cannot_vanish(self.stack.links["terminals"].host)
        return ""

    def fault(self, fault: Fault) -> AbstractContextManager[None]:
        if fault.kind == "vanish":
            return vanished(self.stack.links[cast(Link, fault.target)].host)
        if fault.kind in NETWORKS:
            return self.stack.links[cast(Link, fault.target)].spoiled(cast(Mode, fault.kind))
        match fault.kind:
            case "kill":
                return self._killed(cast(Part, fault.target), cast(Death, fault.variant))
            case "freeze":
                return self.stack.frozen(cast(Part, fault.target))
            case "scramble":
                return self._scrambling()
            case "reboot":
                return self._rebooted()
            case _:
                return self._wrong_clock(fault)

    @contextmanager
    def _killed(self, part: Part, death: Death) -> Iterator[None]:
        self.stack.kill(part, death)
        yield
        self.stack.start(part)

    @contextmanager
    def _scrambling(self) -> Iterator[None]:
        """Messages come several times and out of order."""
        for terminal in self.load.terminals:
            terminal.scrambles = True
        yield
        for terminal in self.load.terminals:
            terminal.scrambles = False

    @contextmanager
    def _rebooted(self) -> Iterator[None]:
        self.load.reboot()
        yield

    def _wrong_clock(self, fault: Fault) -> AbstractContextManager[None]:
        if fault.target == "worker":
            return self._worker_clock(fault.variant)
        return disguised(self.load.terminals[::EVERY_NTH_IS_WRONG], DISGUISES[fault.variant])

    @contextmanager
    def _worker_clock(self, way: str) -> Iterator[None]:
        """If it is behind, honest fixes seem to come from the future: stored or put aside, but told."""
        with ExitStack() as both:
            if way == "behind":
                both.enter_context(disguised(self.load.terminals, EITHER))
            both.enter_context(self.stack.worker_clock(WORKER_CLOCKS[way]))
            yield


@contextmanager
def disguised(terminals: Sequence[Terminal], disguise: Disguise) -> Iterator[None]:
    for terminal in terminals:
        terminal.disguise = disguise
    yield
    for terminal in terminals:
        terminal.disguise = Disguise()
