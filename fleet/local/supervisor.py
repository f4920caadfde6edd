"""Keeps child processes running: notices at once when one dies, starts it again, stops them all in order."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fleet.local.errors import ServiceFailedError
from fleet.local.service import Child, ServiceSpec, spawn

Condition = Literal["starting", "ready", "restarting", "stopped"]
BACKOFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS = 60.0  # ready for this long, a service starts again at the shortest wait
PROBE_SECONDS = 0.05


@dataclass(frozen=True)
class ServiceState:
    """What is known of one service; `restarts` counts starts after the first that became necessary."""

    name: str
    condition: Condition
    pid: int | None = None
    restarts: int = 0


class Supervisor:
    """`on_change` is told of every change of state, `say` what a person should read."""

    def __init__(
        self, logs: Path, on_change: Callable[[Sequence[ServiceState]], None], say: Callable[[str], None]
    ) -> None:
        self._logs = logs
        self._on_change = on_change
        self._say = say
        self._states: dict[str, ServiceState] = {}
        self._children: dict[str, Child] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._generations: list[list[str]] = []

    async def start(self, specs: Sequence[ServiceSpec]) -> None:
        """Start these together and return when all are ready; what starts later is stopped earlier.

        Raises ServiceFailedError if one cannot be brought up the first time.
        """
        self._generations.append([spec.name for spec in specs])
        outcomes = await asyncio.gather(*(self._start_once(spec) for spec in specs), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        for spec in specs:
            self._watches[spec.name] = asyncio.create_task(self._keep_running(spec), name=f"keep {spec.name}")

    async def stop(self) -> None:
        """Stop everything, last started first."""
        for watch in self._watches.values():
            watch.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)
        for generation in reversed(self._generations):
            await asyncio.gather(*(self._stop_one(name) for name in generation))

    def kill(self) -> None:
        """Do not wait for anybody any more."""
        for child in self._children.values():
            if child.process.poll() is None:
                child.process.kill()

    async def _start_once(self, spec: ServiceSpec) -> None:
        self._set(spec.name, condition="starting")
        await asyncio.to_thread(spec.prepare)
        child = spawn(spec, self._logs)
        self._children[spec.name] = child
        self._set(spec.name, pid=child.pid)
        await self._until_ready(child)
        self._set(spec.name, condition="ready")

    async def _until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + child.spec.ready_seconds
        while not await asyncio.to_thread(child.spec.ready):
            if child.process.poll() is not None:
                raise child.failure(f"ended with {_ending(child)}")
            if time.monotonic() > deadline:
                raise child.failure(f"was not ready after {child.spec.ready_seconds:.0f} s")
            await asyncio.sleep(PROBE_SECONDS)

    async def _keep_running(self, spec: ServiceSpec) -> None:
        attempt = 0
        while True:
            ready_since = time.monotonic()
            await _exit_of(self._children[spec.name])
            if time.monotonic() - ready_since > STEADY_SECONDS:
                attempt = 0
            self._say(
                f"[yellow]![/] {spec.name} ended with {_ending(self._children[spec.name])}; starting it again"
            )
            attempt = await self._restart(spec, attempt)

    async def _restart(self, spec: ServiceSpec, attempt: int) -> int:
        """Try until it is ready again; returns how far the waits have grown."""
        while True:
            restarts = self._states[spec.name].restarts + 1
            self._set(spec.name, condition="restarting", pid=None, restarts=restarts)
            await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
            attempt += 1
            try:
                await self._start_once(spec)
            except ServiceFailedError as error:
                self._say(f"[red]✗[/] {error.detail}")
                await self._stop_child(spec.name)
            else:
                return attempt

    async def _stop_one(self, name: str) -> None:
        await self._stop_child(name)
        self._set(name, condition="stopped", pid=None)

    async def _stop_child(self, name: str) -> None:
        child = self._children.get(name)
        if child is None:
            return
        if child.process.poll() is None:
            child.process.send_signal(child.spec.stop_signal)
        try:
            await asyncio.wait_for(_exit_of(child), child.spec.stop_seconds)
        except TimeoutError:
            self._say(f"[yellow]![/] {name} did not stop in {child.spec.stop_seconds:.0f} s and was killed")
            child.process.kill()
            await _exit_of(child)

    def _set(
        self,
        name: str,
        condition: Condition | None = None,
        pid: int | None = -1,
        restarts: int | None = None,
    ) -> None:
        known = self._states.get(name, ServiceState(name, "starting"))
        self._states[name] = replace(
            known,
            condition=condition or known.condition,
            pid=known.pid if pid == -1 else pid,
            restarts=known.restarts if restarts is None else restarts,
        )
        self._on_change(tuple(self._states.values()))


async def _exit_of(child: Child) -> None:
    """Return when the process has ended, without polling for it."""
    if child.process.poll() is not None:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    descriptor = os.pidfd_open(child.pid)
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    child.process.wait()


def _ending(child: Child) -> str:
    code = child.process.returncode
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"code {code}"
