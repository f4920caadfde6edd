from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from fleet.local.errors import ServiceFailedError
from fleet.local.service import ServiceSpec, engine_environment
from fleet.local.supervisor import ServiceState, Supervisor

WAIT_SECONDS = 20.0


class Recorder:
    """What the supervisor told, in order."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.states: dict[str, ServiceState] = {}
        self.stopped: list[str] = []
        self.said: list[str] = []

    def record(self, states: Sequence[ServiceState]) -> None:
        for state in states:
            if state.condition == "stopped" and state.name not in self.stopped:
                self.stopped.append(state.name)
            self.states[state.name] = state
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def pid(self, name: str) -> int:
        pid = self.states[name].pid
        assert pid is not None
        return pid


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def supervisor(tmp_path: Path, recorder: Recorder) -> Supervisor:
    return Supervisor(tmp_path, recorder.record, recorder.said.append)


def sleeper(name: str) -> ServiceSpec:
    return ServiceSpec(name, ("/bin/sleep", "1000"), ready=lambda: True, env=engine_environment())


async def test_a_killed_child_is_started_again(supervisor: Supervisor, recorder: Recorder) -> None:
    await supervisor.start([sleeper("ingest")])
    killed = recorder.pid("ingest")
    os.kill(killed, signal.SIGKILL)
    await recorder.until(lambda: recorder.states["ingest"].restarts == 1)
    await recorder.until(lambda: recorder.states["ingest"].condition == "ready")
    assert recorder.pid("ingest") != killed
    assert psutil.pid_exists(recorder.pid("ingest"))
    await supervisor.stop()


async def test_what_started_last_stops_first_and_nothing_is_left(
    supervisor: Supervisor, recorder: Recorder
) -> None:
    await supervisor.start([sleeper("database")])
    await supervisor.start([sleeper("serve")])
    pids = [recorder.pid("database"), recorder.pid("serve")]
    await supervisor.stop()
    assert recorder.stopped == ["serve", "database"]
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_child_that_will_not_stop_is_killed(supervisor: Supervisor, recorder: Recorder) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    log = supervisor._logs / "work.log"
    spec = ServiceSpec(
        "work",
        (sys.executable, "-c", f"{stubborn}; time.sleep(1000)"),
        ready=lambda: log.read_text() == "1\n",
        env=engine_environment(),
        stop_seconds=0.2,
    )
    await supervisor.start([spec])
    pid = recorder.pid("work")
    await supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert "was killed" in recorder.said[-1]


async def test_a_service_that_cannot_start_shows_its_last_words(supervisor: Supervisor) -> None:
    spec = ServiceSpec(
        "plan", ("/bin/sh", "-c", "echo no licence; exit 7"), ready=lambda: False, env=engine_environment()
    )
    with pytest.raises(ServiceFailedError) as failure:
        await supervisor.start([spec])
    assert "code 7" in failure.value.detail
    assert "no licence" in failure.value.detail
    assert "plan.log" in failure.value.remedy
    await supervisor.stop()
