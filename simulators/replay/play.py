"""Plays a recording through the broker until every fix is acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from fleet.local.paths import LocalPaths
from fleet.supervision.files import Recording
from schemas.clock import read_clock
from simulators.errors import SimulatorError
from simulators.play.diary import Diary
from simulators.replay.enrolment import Enrolled, enrol
from simulators.replay.recording import RecordedTerminal, shift_to_present
from simulators.terminals.ledger import Ledger
from simulators.terminals.radio import Radio

TICK_S = 0.05
TICKS_A_HOUSEKEEPING = 20
GIVES_UP_AFTER_S = 60.0
"""Real seconds without a single acknowledgement."""


async def play(
    recording: Recording,
    paths: LocalPaths,
    terminal: str,
    *,
    speed: float,
    keep_times: bool,
    progress: Callable[[int, int], None],
) -> Enrolled:
    """Publish all fixes; `progress(handled, total)` is told how far it has come.

    Raises SimulatorError when nothing runs, or when the product stops acknowledging.
    """
    first, last = recording.fixes[0], recording.fixes[-1]
    enrolled = await enrol(paths, terminal, first.lon, first.lat)
    clock = read_clock(enrolled.clock)
    now = clock.now()
    shift = (
        timedelta(0)
        if keep_times
        else shift_to_present(first.time, last.time, now, speed=speed, clock_rate=clock.rate)
    )
    sender = RecordedTerminal(terminal, recording.fixes, boot=int(time.time()), shift=shift, speed=speed)
    ledger = Ledger(_ledger(paths))
    radio = Radio(sender, enrolled.password, enrolled.broker, ledger)
    started = heard_at = time.monotonic()
    handled = tick = 0
    while not sender.finished:
        sender.feed(time.monotonic() - started)
        radio.tick(clock.now())
        if tick % TICKS_A_HOUSEKEEPING == 0:
            radio.keep_alive()
        await asyncio.sleep(TICK_S)
        tick += 1
        if sender.handled > handled or not sender.waits_for_answers:
            handled, heard_at = sender.handled, time.monotonic()
        elif time.monotonic() - heard_at > GIVES_UP_AFTER_S:
            raise SimulatorError(
                f"{sender.total - handled} fixes are not acknowledged: "
                "see `motorpool status` and the log of ingest"
            )
        progress(sender.handled, sender.total)
    radio.close()
    ledger.close()
    return enrolled


def _ledger(paths: LocalPaths) -> Path:
    return Diary(paths.data / "replay").ledger
