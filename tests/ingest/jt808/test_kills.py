"""The gateway killed with SIGKILL while a terminal reports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ingest.jt808.messages.platform import GeneralResponse
from ingest.jt808.messages.reports import LocationReport
from tests.ingest.conftest import CLOCK, eventually
from tests.ingest.jt808.conftest import location
from tests.ingest.jt808.terminal import Terminal
from tests.ingest.world import Registry

FIXES = 600
KILLS = 3


@pytest.fixture
def gateway_process(ingest_url: str, free_port: int) -> Callable[[], subprocess.Popen[bytes]]:
    """Starts `motorpool gateway` on the port of the test."""
    environment = os.environ | {
        "MOTORPOOL_DATABASE_URL": ingest_url,
        "MOTORPOOL_CLOCK": CLOCK,
        "MOTORPOOL_GATEWAY_PORT": str(free_port),
    }

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest", "gateway"],
            cwd=Path(__file__).parents[3],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(lambda: _listens(free_port), "the gateway listens")
        return process

    return start


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_every_answered_fix_is_stored_exactly_once_through_kills_of_the_gateway(
    gateway_process: Callable[[], subprocess.Popen[bytes]], free_port: int, registry: Registry, phone: str
) -> None:
    """Invariant 1. The terminal keeps what was not answered and sends it again after each kill."""
    unanswered = set(range(FIXES))
    for kill in range(KILLS):
        with _killed_at_the_end(gateway_process()), Terminal(free_port, phone) as terminal:
            terminal.log_in()
            _report(terminal, unanswered, enough=FIXES * (KILLS - kill) // (KILLS + 1))
    with _killed_at_the_end(gateway_process()), Terminal(free_port, phone) as terminal:
        terminal.log_in()
        _report(terminal, unanswered, enough=0)

    assert not unanswered
    assert registry.value("SELECT count(*) FROM position") == FIXES
    assert registry.value("SELECT count(DISTINCT time) FROM position") == FIXES


def test_a_gateway_that_is_told_to_stop_ends_well(
    gateway_process: Callable[[], subprocess.Popen[bytes]], registry: Registry, phone: str, free_port: int
) -> None:
    process = gateway_process()
    with Terminal(free_port, phone) as terminal:
        terminal.log_in()
        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 0
        assert terminal.is_closed_by_the_gateway()


def test_a_gateway_whose_port_is_taken_says_so(ingest_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = os.environ | {"MOTORPOOL_DATABASE_URL": ingest_url, "MOTORPOOL_GATEWAY_PORT": str(port)}
        done = subprocess.run(
            [sys.executable, "-m", "ingest", "gateway"],
            cwd=Path(__file__).parents[3],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def _report(terminal: Terminal, unanswered: set[int], enough: int) -> None:
    """Send all that is not answered; note answers until so few are left that the kill may come."""
    numbers = {terminal.send(LocationReport(location(number))): number for number in sorted(unanswered)}
    while len(unanswered) > enough:
        answer = terminal.receive(GeneralResponse)
        assert answer is not None and answer.result == 0
        unanswered.discard(numbers[answer.response_serial])


@contextmanager
def _killed_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
