"""What a running stack tells others: one lock, held while it runs, and one file saying what runs where."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from fleet.local.errors import AlreadyRunningError
from fleet.local.paths import LocalPaths, demo_paths, local_paths
from fleet.local.supervisor import Condition, ServiceState

LEFTOVER_SECONDS = 20.0


class ServiceReading(msgspec.Struct, frozen=True):
    """`created` is the process's start (Unix seconds): a pid alone may be another process by now."""

    name: str
    condition: Condition
    pid: int | None
    restarts: int
    created: float | None = None


class StackReading(msgspec.Struct, frozen=True):
    """The content of stack.json. It holds no secret."""

    pid: int
    url: str
    clock: str
    extract: str | None = None
    addresses: dict[str, str] = {}
    steps: dict[str, float] = {}
    services: tuple[ServiceReading, ...] = ()


@dataclass(frozen=True)
class StackFile:
    """stack.json and stack.lock of one data folder."""

    data: Path

    @property
    def path(self) -> Path:
        return self.data / "stack.json"

    @property
    def lock(self) -> Path:
        return self.data / "stack.lock"

    def read(self) -> StackReading | None:
        """The last reading, whether or not the stack still runs."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=StackReading)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, reading: StackReading) -> None:
        fresh = self.path.with_suffix(".fresh")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(reading)))
        fresh.rename(self.path)

    def is_running(self) -> bool:
        if not self.lock.exists():
            return False
        with self.lock.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Be the only stack of this data folder. The kernel frees the lock of a crashed one."""
        with self.lock.open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._taken() from None
            yield

    def end_leftovers(self) -> list[str]:
        """End what a crashed stack left running, letting it save its data; returns the names."""
        reading = self.read()
        left = [service for service in reading.services if _is_alive(service)] if reading else []
        for service in left:
            _end(service)
        return [service.name for service in left]

    def _taken(self) -> AlreadyRunningError:
        reading = self.read()
        where = f" (process {reading.pid}, {reading.url})" if reading else ""
        return AlreadyRunningError(
            f"Motorpool already runs on the data folder {self.data}{where}.",
            "Use it, stop it with Ctrl-C where it runs, or choose another folder with --data-dir.",
        )


def readings(states: Sequence[ServiceState]) -> tuple[ServiceReading, ...]:
    return tuple(
        ServiceReading(state.name, state.condition, state.pid, state.restarts, _created(state.pid))
        for state in states
    )


def _created(pid: int | None) -> float | None:
    try:
        return psutil.Process(pid).create_time() if pid is not None else None
    except psutil.Error:
        return None


def _is_alive(service: ServiceReading) -> bool:
    return (
        service.pid is not None and service.created is not None and _created(service.pid) == service.created
    )


def _end(service: ServiceReading) -> None:
    """The kernel asked it to stop when its supervisor died; wait for that, then insist."""
    if service.pid is None:
        return
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while _is_alive(service) and time.monotonic() < deadline:
        time.sleep(0.05)
    if _is_alive(service):
        with suppress(ProcessLookupError):
            os.kill(service.pid, signal.SIGKILL)


def running_paths(data_dir: Path | None = None) -> LocalPaths:
    """The named folder; else the usual one, or the demo's if only that one runs."""
    usual, demo = local_paths(data_dir), demo_paths()
    only_demo = not StackFile(usual.data).is_running() and StackFile(demo.data).is_running()
    return demo if data_dir is None and only_demo else usual
