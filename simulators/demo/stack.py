"""Starts the local stack over the generated city and the simulator beside it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.progress import Progress

from fleet.identity.demo import write_demo_accounts
from fleet.local.addresses import Addresses
from fleet.local.paths import LocalPaths
from fleet.local.processes import OwnProcess, command_service, process_environment
from fleet.local.progress import Steps
from fleet.local.service import ServiceSpec
from fleet.local.stack import StackOptions, run
from schemas.api.identity import DemoAccount, Role
from schemas.clock import SHANGHAI, SimulatedClock
from simulators.city import city_in
from simulators.demo.report import DayReport, day_report, wait_until_supervised
from simulators.operator import create_administrator
from simulators.play.almanac import start_after
from simulators.play.diary import Diary
from simulators.world import JT808_TERMINALS, build_world, demo_passwords
from simulators.world.departments import CITY_CODE

OFFERED: tuple[tuple[str, Role], ...] = (
    ("clerk03", "clerk"),
    ("driver01", "driver"),
    ("auditor01", "auditor"),
)
PERSONS_DRIVER = "driver01"
OUTSIDE = OwnProcess("simulate", "owner", "fleet")
SETTLE_S = 120.0
"""Real seconds at most after the last simulated moment until supervision has judged all of it."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`rate`: simulated seconds in a real second. With `until` the demo stops by itself and reports.

    `held`: drivers who leave their phone for `hold_s` (real seconds) to a person; nobody does with `until`.
    """

    paths: LocalPaths
    rate: float
    seed: int
    port: int | None
    start: datetime | None
    until: datetime | None
    held: tuple[str, ...] = (PERSONS_DRIVER,)
    hold_s: float = 120.0
    jt808: int = JT808_TERMINALS
    """Cars that report over JT/T 808; a city that was begun with another number keeps it."""


def run_demo(options: DemoOptions) -> DayReport | None:
    """Run until Ctrl-C, or until `options.until`; then, and only then, there is a report."""
    return Demo(options).run()


class Demo:
    def __init__(self, options: DemoOptions) -> None:
        self._options = options
        self._diary = Diary(options.paths.data / "simulator")
        self._diary.folder.mkdir(parents=True, exist_ok=True)
        self._passwords = demo_passwords(options.seed)
        self._jt808 = self._diary.jt808_terminals(options.jt808)
        self._steps = Steps()
        self._console = Console()
        self._clock = SimulatedClock(start_after(None), time.time(), options.rate)
        self._report: DayReport | None = None

    def run(self) -> DayReport | None:
        options = self._options
        with self._steps.step("city"):
            city, extract = city_in(options.paths.cache, options.seed)
            world = build_world(city, options.seed, passwords=self._passwords, jt808=self._jt808)
        accounts = options.paths.data / "demo-accounts.json"
        names = {row.login: row.name for row in world.accounts}
        write_demo_accounts(
            accounts,
            [DemoAccount(login=login, name=names[login], role=role, password=self._passwords[role])
             for login, role in OFFERED],
        )  # fmt: skip
        os.environ["MOTORPOOL_DEMO"] = "true"
        os.environ["MOTORPOOL_DEMO_ACCOUNTS"] = str(accounts)
        run(
            StackOptions(
                paths=options.paths,
                extract=extract,
                port=options.port,
                clock=self._start_clock,
                terminals=[row.code for row in world.terminals if row.protocol == "mqtt"],
                also=self._simulator,
                when_ready=self._ready,
            ),
            self._steps,
        )
        return self._report

    def _start_clock(self) -> str:
        """The clock starts when our processes do, however long the engines took."""
        start = self._options.start or start_after(self._diary.last_moment.read())
        self._clock = SimulatedClock(start, time.time(), self._options.rate)
        return self._clock.specification()

    def _simulator(self, addresses: Addresses) -> Sequence[ServiceSpec]:
        create_administrator(
            addresses.database["owner"],
            login="admin",
            organisation=CITY_CODE,
            password=self._passwords["administrator"],
            clock=addresses.clock,
        )
        host, _, port = addresses.gateway.rpartition(":")
        environment = {
            **process_environment(addresses, OUTSIDE),
            "MOTORPOOL_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "MOTORPOOL_GATEWAY_HOST": host,
            "MOTORPOOL_GATEWAY_PORT": port,
        }
        arguments = ["--data-dir", str(self._options.paths.data), "--seed", str(self._options.seed)]
        arguments += ["--jt808", str(self._jt808)]
        if self._options.until is None:
            arguments += [word for login in self._options.held for word in ("--hold", login)]
            arguments += ["--hold-s", str(self._options.hold_s)]
        return [command_service("simulate", *arguments, environment=environment)]

    def _ready(self, addresses: Addresses) -> None:
        self._console.print(
            f"\n  Motorpool is at [bold]{addresses.web}[/]   (Ctrl-C stops it)", highlight=False
        )
        for login, role in OFFERED:
            self._console.print(f"  {role:8} {login}   {self._passwords[role]}", highlight=False)
        self._console.print()
        if self._options.until is not None:
            threading.Thread(target=self._report_and_stop, args=(addresses, self._options.until)).start()

    def _report_and_stop(self, addresses: Addresses, until: datetime) -> None:
        try:
            self._wait_for(until)
            if not wait_until_supervised(addresses.database["owner"], until, SETTLE_S):
                self._steps.say(
                    "[yellow]![/] supervision has not caught up: what it still finds is not counted"
                )
            self._report = day_report(addresses.database["owner"], self._diary, as_of=until)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def _wait_for(self, until: datetime) -> None:
        start = self._clock.now()
        with Progress(console=self._console) as progress:
            task = progress.add_task("simulated day", total=(until - start).total_seconds())
            while (now := self._clock.now()) < until:
                progress.update(
                    task,
                    completed=(now - start).total_seconds(),
                    description=f"{now.astimezone(SHANGHAI):%H:%M}",
                )
                time.sleep(1)
