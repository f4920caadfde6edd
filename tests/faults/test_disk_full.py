"""A full disk: nothing is acknowledged, and once there is space again everything goes on by itself."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from fleet.local.engines import Engines
from tests.faults.background import Background
from tests.faults.check import Verdict
from tests.faults.conftest import TERMINALS, NewLoad, enrol_with_vehicles
from tests.faults.demo import data_folder
from tests.faults.record import Record, Scenario
from tests.faults.stack import Stack, running_stack

pytestmark = pytest.mark.faults

DISK_MB = 400
ZEROS = bytes(65_536)
FULL_DEVICE = Path("/dev/full")
GRACE_S = 15
WAL_SEGMENTS = 8
"""More than the cluster keeps for later use."""


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own for database, broker and logs."""
    with data_folder() as paths:
        folder = paths.data / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(folder)]
        if os.geteuid() != 0:
            pytest.skip("a file system of limited size needs root to mount it")
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a file system of limited size cannot be mounted: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def on_a_small_disk(small_disk: Path, engines: Engines) -> Iterator[tuple[Stack, Background]]:
    with running_stack(small_disk, engines) as (stack, background):
        enrol_with_vehicles(stack)
        yield stack, background


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(ZEROS)
    try:
        yield
    finally:
        filler.unlink()


def use_up_the_journal(stack: Stack) -> None:
    """Begin WAL segments until the database cannot; it panics and stays down until there is space."""
    with suppress(psycopg.Error), psycopg.connect(stack.database_url, autocommit=True) as connection:
        for _ in range(WAL_SEGMENTS):
            connection.execute("SELECT pg_logical_emit_message(false, 'faults', 'x'), pg_switch_wal()")


def test_a_full_disk_stops_acknowledgements_and_costs_nothing(
    on_a_small_disk: tuple[Stack, Background], small_disk: Path, new_load: NewLoad, record: Record
) -> None:
    """DESIGN 4.1; first tables cannot grow, then the journal cannot either."""
    stack, _ = on_a_small_disk
    load, auditor = new_load(on_a_small_disk, TERMINALS, stack.broker_address)
    load.wait_flow()

    with full(small_disk):
        load.wait_stall()
    since = time.monotonic()
    load.wait_flow()
    tables_s = time.monotonic() - since

    with full(small_disk):
        use_up_the_journal(stack)
        load.wait_stall()
    since = time.monotonic()
    stack.start("database")
    load.wait_flow()
    journal_s = time.monotonic() - since

    load.drain()
    verdict = auditor.verify_all()
    record.add(Scenario("disk full", 2, verdict.lost, verdict.doubled, max(tables_s, journal_s)))
    assert verdict == Verdict(told=load.taken, lost=0, doubled=0, premature=0, invented=0)


def test_a_log_that_cannot_be_written_costs_nothing(
    running: tuple[Stack, Background], new_load: NewLoad, record: Record
) -> None:
    """The worker works on without its log, also while it would have much to say."""
    stack, _ = running
    load, auditor = new_load(running, TERMINALS, stack.broker_address)
    spec = stack.spec("worker")
    stack.children["worker"].stop()

    with FULL_DEVICE.open("wb") as nowhere:
        mute = subprocess.Popen(spec.argv, env=spec.env, stdout=nowhere, stderr=nowhere)
    try:
        load.wait_flow()
        with stack.links["database"].spoiled("cut"):
            load.wait_stall()
        load.drain()
        mute.terminate()
        assert mute.wait(GRACE_S) == 0
    finally:
        mute.kill()
        mute.wait()
        stack.start("worker")

    verdict = auditor.verify_all()
    record.add(Scenario("log on a full disk", 1, verdict.lost, verdict.doubled, 0.0))
    assert verdict == Verdict(told=load.taken, lost=0, doubled=0, premature=0, invented=0)
