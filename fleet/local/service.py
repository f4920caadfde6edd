"""A service is a child process with a way to tell that it is ready: an engine or a process of our own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fleet.local.account import Account, current_account, launcher
from fleet.local.errors import ServiceFailedError

LOG_LIMIT_BYTES = 64 * 1024 * 1024


def _nothing_to_do() -> None:
    return None


@dataclass(frozen=True)
class ServiceSpec:
    """How to start one process, know that it is ready, and stop it.

    `ready` is called until it returns True; it must answer within a second or two and never raise.
    `prepare` runs before every start, so it also clears away what a crash left behind.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    account: Account = field(default_factory=current_account)
    prepare: Callable[[], None] = _nothing_to_do
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    ready_seconds: float = 60.0
    logs_requests: bool = False
    """It writes a line for every request on standard output, which is dropped."""


@dataclass(frozen=True)
class Child:
    """A running process of a service."""

    spec: ServiceSpec
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """Ask it to stop; after `stop_seconds` insist."""
        if self.process.poll() is None:
            self.process.send_signal(self.spec.stop_signal)
        try:
            self.process.wait(self.spec.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_ready(self) -> None:
        """Block until the service is ready, or raise naming its log."""
        deadline = time.monotonic() + self.spec.ready_seconds
        while not self.spec.ready():
            if self.process.poll() is not None:
                raise self.failure(f"ended with code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {self.spec.ready_seconds:.0f} s")
            time.sleep(0.05)

    def failure(self, what: str) -> ServiceFailedError:
        return ServiceFailedError(
            f"{self.spec.name} {what}. Its last words:\n{last_lines(self.log)}", f"Read {self.log}."
        )


def start(spec: ServiceSpec, logs: Path) -> Child:
    """Prepare and start the process."""
    spec.prepare()
    return spawn(spec, logs)


def spawn(spec: ServiceSpec, logs: Path) -> Child:
    """Start the process in a session of its own.

    Call it from the main thread: the kernel signals the child when the thread that started it ends.
    """
    log = logs / f"{spec.name}.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.rename(log.with_suffix(".log.1"))
    death_signal = spec.stop_signal.name.removeprefix("SIG")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*launcher(spec.account, death_signal), *spec.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if spec.logs_requests else output,
            stderr=output,
            env=dict(spec.env),
            cwd="/",
            start_new_session=True,
        )
    return Child(spec, process, log)


def engine_environment() -> dict[str, str]:
    """Nothing of ours leaks into an engine: no LD_*, no locale, no proxies."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}


def own_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of our own: what the user set, then what the stack decided."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **extra}


def accepts_connections(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def answers_http(url: str) -> bool:
    """True if a GET of `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def last_lines(log: Path, count: int = 8) -> str:
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-count:]) or "(nothing)"
