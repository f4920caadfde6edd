"""The fault matrix: whatever fails, what a terminal was told of is stored exactly once.

Safety: after every strike the ledger of the terminals is held against the database. Liveness: at last all is
whole again, and everything that was ever taken has to be acknowledged (DESIGN 4.1).
"""

from __future__ import annotations

import pytest

from tests.faults.background import Background
from tests.faults.check import Verdict
from tests.faults.conftest import TERMINALS, NewLoad
from tests.faults.inject import Range
from tests.faults.record import Record, Scenario
from tests.faults.schedule import long_schedule, short_schedule
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults


def test_whatever_fails_what_terminals_were_told_is_stored_exactly_once(
    running: tuple[Stack, Background],
    new_load: NewLoad,
    seed: int,
    long: bool,
    record: Record,
) -> None:
    stack, _ = running
    load, auditor = new_load(running, TERMINALS, stack.links["terminals"].address)
    range_ = Range(stack, load)
    schedule = long_schedule(seed) if long else short_schedule(seed)
    record.plan(schedule)
    load.wait_flow()
    told = 0

    for strike in schedule:
        if reason := range_.impossible(strike):
            record.skip(str(strike), reason)
            continue
        recovery_s = range_.strike(strike)
        verdict = auditor.verify_fresh()
        told += verdict.told
        outcome = Scenario(
            str(strike),
            len(strike.faults),
            verdict.lost,
            verdict.doubled,
            recovery_s,
            stack.worker_peak_mb,
        )
        record.add(outcome)
        assert verdict.faultless, f"after {strike}: {verdict}"

    load.drain()
    final = auditor.verify_all()
    name, detail = "everything, once all is whole again", {"taken": load.taken, "told": final.told}
    record.add(Scenario(name, 0, final.lost, final.doubled, 0.0, detail=detail))
    assert final == Verdict(told=load.taken, lost=0, doubled=0, premature=0, invented=0)
    assert told > 0
