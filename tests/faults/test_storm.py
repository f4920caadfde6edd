"""Thousands of terminals connect in the same moment, and again after their broker died."""

from __future__ import annotations

import time

import pytest

from tests.faults.background import Background
from tests.faults.check import Verdict
from tests.faults.conftest import NewLoad
from tests.faults.record import Record, Scenario
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

MANY, SEVERAL = 4_000, 300
LONG_ROUNDS = 3


def test_terminals_that_all_come_back_at_once_are_all_served(
    running: tuple[Stack, Background], new_load: NewLoad, long: bool, record: Record
) -> None:
    """DESIGN 4.1 beyond the broker's backlog of 100 connections; terminals retry with full jitter."""
    stack, _ = running
    codes = [f"S{number:04d}" for number in range(MANY if long else SEVERAL)]
    rounds = LONG_ROUNDS if long else 1
    stack.enrol(codes)
    load, auditor = new_load(running, codes, stack.broker_address, flowing=False)
    slowest = 0.0

    for _ in range(rounds):
        load.wait("all to be connected", lambda: load.connected == len(codes))
        stack.kill("broker")
        load.take_one_each()
        stack.start("broker")
        since = time.monotonic()
        load.drain()
        slowest = max(slowest, time.monotonic() - since)

    verdict = auditor.verify_all()
    name = f"{len(codes)} terminals at once, after the death of their broker"
    record.add(Scenario(name, rounds, verdict.lost, verdict.doubled, slowest))
    assert verdict == Verdict(told=rounds * len(codes), lost=0, doubled=0, premature=0, invented=0)
