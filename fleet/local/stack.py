"""Runs the whole product on this machine: engines, schema, our processes, and whatever the caller adds."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from fleet.local.account import engine_account, require_reachable
from fleet.local.addresses import Addresses
from fleet.local.paths import DATA_BYTES, LocalPaths, local_paths, make_folder, require_space
from fleet.local.plan import Plan, configured_engines, find_extract, make_plan
from fleet.local.ports import gateway_address, web_port
from fleet.local.processes import own_services
from fleet.local.progress import Steps
from fleet.local.schema import bring_up_schema
from fleet.local.secrets import SecretFile
from fleet.local.service import ServiceSpec
from fleet.local.state import StackFile, StackReading, readings
from fleet.local.supervisor import ServiceState, Supervisor


def _no_services(_addresses: Addresses) -> Sequence[ServiceSpec]:
    return ()


def _stay_silent(_addresses: Addresses) -> None:
    return None


@dataclass(frozen=True)
class StackOptions:
    """What to run.

    `extract` is an OpenStreetMap PBF; None takes the one this data folder was last run with.
    `terminals` are enrolled at the private broker before it starts; their passwords come from the stack
    (`Addresses.terminal_url`). `also` gives further services, started once the web page answers.
    `clock` may be a function: it is asked when our processes start, so that a simulated clock does not run
    while engines are fetched. `engines_only` leaves out our own processes. `when_ready` is called once, when
    everything runs.
    """

    paths: LocalPaths = field(default_factory=local_paths)
    extract: Path | None = None
    port: int | None = None
    clock: str | Callable[[], str] = "real"
    terminals: Iterable[str] = ()
    also: Callable[[Addresses], Sequence[ServiceSpec]] = _no_services
    engines_only: bool = False
    when_ready: Callable[[Addresses], None] = _stay_silent


def run(options: StackOptions, steps: Steps | None = None) -> None:
    """Run until SIGINT or SIGTERM, then stop every child.

    Call it from the main thread. Raises LocalServiceError, with everything stopped again, if it cannot start.
    """
    Stack(options, steps or Steps()).run()


class Stack:
    """One run of the product on one data folder."""

    def __init__(self, options: StackOptions, steps: Steps) -> None:
        self._options = options
        self._paths = options.paths
        self._steps = steps
        self._file = StackFile(options.paths.data)
        self._reading = StackReading(pid=os.getpid(), url="", clock="")
        self._supervisor = Supervisor(self._paths.logs, self._record, steps.say)
        self._started = time.monotonic()

    def run(self) -> None:
        os.umask(0o022)  # engines of another user read what we build; secrets set their own mode
        for folder in (self._paths.data, self._paths.logs):
            make_folder(folder, "MOTORPOOL_DATA_DIR")
        require_reachable(self._paths.data, engine_account(), "MOTORPOOL_DATA_DIR")
        require_space(self._paths.data, DATA_BYTES, "MOTORPOOL_DATA_DIR")
        with self._file.hold():
            for name in self._file.end_leftovers():
                self._steps.say(f"{name} was left over from a crash and has ended")
            port = web_port(self._options.port)
            last_run = self._file.read()
            extract = find_extract(
                self._options.extract, last_run.extract if last_run else None, configured_engines()
            )
            plan = make_plan(self._paths, extract, self._options.terminals, self._steps)
            host = os.environ.get("MOTORPOOL_HTTP_HOST", "127.0.0.1")
            self._update(url=f"http://{host}:{port}", extract=str(extract) if extract else None)
            asyncio.run(self._supervise(plan))

    async def _supervise(self, plan: Plan) -> None:
        stop = self._stop_on_signals()
        bring_up = asyncio.create_task(self._bring_up(plan))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({bring_up, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if bring_up.done():
                bring_up.result()
            await stopping
        finally:
            bring_up.cancel()
            stopping.cancel()
            await asyncio.gather(bring_up, stopping, return_exceptions=True)
            self._steps.say("stopping")
            await self._supervisor.stop()

    async def _bring_up(self, plan: Plan) -> None:
        with self._steps.step("engines"):
            await self._supervisor.start(plan.services())
        with self._steps.step("schema"):
            addresses = await asyncio.to_thread(self._addresses, plan)
        if not self._options.engines_only:
            with self._steps.step("Motorpool"):
                await self._supervisor.start(own_services(addresses))
        further = self._options.also(addresses)
        if further:
            with self._steps.step(", ".join(spec.name for spec in further)):
                await self._supervisor.start(further)
        self._update(steps={title: round(taken, 2) for title, taken in self._steps.durations.items()})
        self._steps.say(f"ready after {time.monotonic() - self._started:.1f} s")
        self._options.when_ready(addresses)

    def _addresses(self, plan: Plan) -> Addresses:
        """Bring the schema up to date and say where everything is."""
        owner = plan.postgres.ensure_database() if plan.postgres else plan.configured.database
        secrets = SecretFile(self._paths.data / "secrets.json")
        secrets.put("database_url", owner)
        gateway = gateway_address(self._paths.data)
        self._update(addresses={"gateway": gateway})
        return Addresses(
            web=self._reading.url,
            database=bring_up_schema(owner, secrets, self._steps.say),
            mqtt=plan.broker.urls() if plan.broker else {},
            configured_mqtt=plan.configured.mqtt,
            valhalla=plan.valhalla.url if plan.valhalla else plan.configured.valhalla,
            gateway=gateway,
            basemap=plan.basemap,
            data=self._paths.data,
            cache=self._paths.cache,
            clock=self._start_clock(),
        )

    def _start_clock(self) -> str:
        clock = self._options.clock
        specification = clock if isinstance(clock, str) else clock()
        self._update(clock=specification)
        return specification

    def _stop_on_signals(self) -> asyncio.Event:
        """The first signal stops in order; the next one does not wait."""
        stop = asyncio.Event()

        def on_signal() -> None:
            if stop.is_set():
                self._supervisor.kill()
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, on_signal)
        return stop

    def _record(self, states: Sequence[ServiceState]) -> None:
        self._update(services=readings(states))

    def _update(self, **changes: object) -> None:
        self._reading = msgspec.structs.replace(self._reading, **changes)
        self._file.write(self._reading)
