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
from typing import Any

import psutil
import pytest

from fleet.local.engines import Engines

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

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return document

    def pids(self) -> dict[str, int]:
        return {service["name"]: service["pid"] for service in self.status()["services"]}


@pytest.fixture
def stack(engines: Engines, city_pbf: Path) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="motorpool-stack-") as folder:
        data = Path(folder)
        data.chmod(0o755)
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
    before = stack.status()
    assert before["healthy"]
    assert (before["fixes"], before["trips"], before["dead_letters"]) == (0, 0, 0)
    pids = stack.pids()
    assert sorted(pids) == ["broker", "database", "routing"]

    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: [service["restarts"] for service in stack.status()["services"]] == [1, 1, 1])
    until(lambda: bool(stack.status()["healthy"]))
    ports = json.loads((stack.data / "ports.json").read_text())

    second = stack.run("up", "--engines-only")
    assert second.returncode == 1
    assert "already runs" in second.stderr

    running = stack.pids()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0
    assert not any(psutil.pid_exists(pid) for pid in running.values())
    assert stack.run("status").returncode == 3

    stack.up()
    assert stack.status()["healthy"]
    assert json.loads((stack.data / "ports.json").read_text()) == ports


def test_what_a_crashed_stack_left_behind_is_recovered(stack: Stack) -> None:
    crashed = stack.up()
    left = stack.pids()
    crashed.kill()
    crashed.communicate()
    stack.up()
    assert stack.status()["healthy"]
    assert not any(psutil.pid_exists(pid) for pid in left.values())


def test_the_doctor_reports_every_engine_for_machines(stack: Stack) -> None:
    findings = {finding["subject"]: finding for finding in json.loads(stack.run("doctor", "--json").stdout)}
    assert findings["timescaledb"]["found"].endswith("cached")
    assert findings["python"]["verdict"] == "good"
    assert {"postgresql", "mosquitto", "tilemaker", "valhalla", "web port", "chromium"} <= set(findings)
