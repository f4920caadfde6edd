"""`motorpool up` as a person runs it: a real process with real engines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from fleet.local.engines import Engines
from fleet.local.errors import AlreadyRunningError
from fleet.local.state import ServiceReading, StackFile

WAIT_SECONDS = 60.0


@dataclass
class Stack:
    """Commands against one data folder."""

    data: Path
    extract: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "fleet.cli", *arguments, "--data-dir", str(self.data)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, timeout=60
        )

    def up(self) -> subprocess.Popen[str]:
        """Start it and wait until it says that it is ready."""
        process = subprocess.Popen(
            self.command("up", "--engines-only", "--osm", str(self.extract)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("export MOTORPOOL_VALHALLA_URL"):
                return process
        raise AssertionError(f"the stack ended with {process.wait()}")

    def services(self) -> tuple[ServiceReading, ...]:
        reading = StackFile(self.data).read()
        assert reading is not None
        return reading.services

    def pids(self) -> list[int]:
        return [service.pid for service in self.services() if service.pid is not None]

    def restarts_when_ready(self) -> list[int]:
        """How often each service that is ready was started again."""
        return [service.restarts for service in self.services() if service.condition == "ready"]


@pytest.fixture(scope="module")
def data(engines: Engines) -> Iterator[Path]:
    """One data folder for this module: tests start and stop on what the one before left."""
    with tempfile.TemporaryDirectory(prefix="motorpool-stack-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def stack(data: Path, city_pbf: Path) -> Iterator[Stack]:
    stack = Stack(data, city_pbf)
    yield stack
    for process in stack.started:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT_SECONDS)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_the_stack_recovers_from_kills_stops_cleanly_and_starts_again_on_the_same_data(stack: Stack) -> None:
    process = stack.up()
    for pid in stack.pids():
        os.kill(pid, signal.SIGKILL)
    until(lambda: stack.restarts_when_ready() == [1, 1, 1])
    ports = json.loads((stack.data / "ports.json").read_text())

    status = json.loads(stack.run("status", "--json").stdout)
    assert status["healthy"]
    assert [service["name"] for service in status["services"]] == ["database", "broker", "routing"]
    assert (status["fixes"], status["vehicles_online"], status["trips"], status["violations"]) == (0, 0, 0, 0)
    assert (status["requests"], status["runs"], status["dead_letters"]) == (0, 0, 0)
    with pytest.raises(AlreadyRunningError), StackFile(stack.data).hold():
        pass

    running = stack.pids()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0
    assert not any(psutil.pid_exists(pid) for pid in running)
    assert stack.run("status").returncode == 3

    stack.up()
    assert stack.restarts_when_ready() == [0, 0, 0]
    assert json.loads((stack.data / "ports.json").read_text()) == ports


def test_what_a_crashed_stack_left_behind_is_recovered(stack: Stack) -> None:
    crashed = stack.up()
    left = stack.pids()
    crashed.kill()
    crashed.communicate()
    stack.up()
    assert stack.restarts_when_ready() == [0, 0, 0]
    assert not any(psutil.pid_exists(pid) for pid in left)


def test_the_doctor_reports_every_engine_for_machines(stack: Stack) -> None:
    findings = {finding["subject"]: finding for finding in json.loads(stack.run("doctor", "--json").stdout)}
    assert findings["timescaledb"]["found"].endswith("cached")
    assert findings["python"]["verdict"] == "good"
    assert {"postgresql", "mosquitto", "tilemaker", "valhalla", "web port", "chromium"} <= set(findings)
