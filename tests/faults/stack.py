"""A private database, broker and ingest worker that a test may kill, freeze and cut off from each other."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psutil
import psycopg

import schemas.migrations
from fleet.local.broker_admin import BrokerAdmin
from fleet.local.dynsec import Credential
from fleet.local.engines import Engines
from fleet.local.errors import ServiceFailedError
from fleet.local.mosquitto import MosquittoBroker, local_broker
from fleet.local.postgres import PostgresServer, allow_login, local_postgres
from fleet.local.secrets import SecretFile
from fleet.local.service import Child, ServiceSpec, last_lines, own_environment, start
from schemas.clock import SimulatedClock
from tests.faults.background import Background
from tests.faults.blackhole import own_address
from tests.faults.proxy import Proxy

Part = Literal["worker", "database", "broker"]
Link = Literal["terminals", "worker", "database"]
"""Between terminals and broker, worker and broker, worker and database."""
Death = Literal["", "all", "postmaster", "backend"]
"""Which processes of the database die; '' means the one process there is."""

PASSWORD = "secret"
ROOT = Path(__file__).resolve().parents[2]
STARTED = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
SLOWEST_TERMINAL_BYTES_PER_S = 300
"""Less than it produces."""
RETRY_S, PATIENCE_S = 0.1, 60.0


@dataclass
class Stack:
    """Engines below `folder`. Parts are started and stopped from the main thread only."""

    folder: Path
    postgres: PostgresServer
    broker: MosquittoBroker
    links: dict[Link, Proxy]
    clock: SimulatedClock
    database_url: str = ""
    worker_database_url: str = ""
    children: dict[Part, Child] = field(default_factory=dict)

    @property
    def broker_address(self) -> tuple[str, int]:
        """Host and port, with no network in between that could fail."""
        return "127.0.0.1", self.broker.port

    def start(self, part: Part) -> None:
        """Start a part unless it runs, and wait until it is ready; a database in recovery takes its time."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if not self.is_running(part):
                    self.children[part] = start(self.spec(part), self.folder)
                self.children[part].wait_ready()
            except ServiceFailedError:
                assert time.monotonic() < deadline
                time.sleep(RETRY_S)
            else:
                return

    def spec(self, part: Part) -> ServiceSpec:
        """How to start a part."""
        if part == "database":
            return self.postgres.service()
        if part == "broker":
            return self.broker.service()
        environment = {
            "MOTORPOOL_DATABASE_URL": self.worker_database_url,
            "MOTORPOOL_MQTT_URL": self._through("worker", self.broker.url("ingest"), self.broker.port),
            "MOTORPOOL_CLOCK": self.clock.specification(),
            "PYTHONPATH": str(ROOT),
        }
        argv = (sys.executable, "-m", "ingest", "ingest")
        return ServiceSpec("ingest", argv, ready=lambda: True, env=own_environment(environment))

    def words(self) -> str:
        """The last that each part said."""
        return "\n".join(f"--- {log.name}\n{last_lines(log)}" for log in sorted(self.folder.glob("*.log")))

    @property
    def worker_peak_mb(self) -> int:
        """The most memory the worker of the moment ever held."""
        status = Path(f"/proc/{self.children['worker'].pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024

    def is_running(self, part: Part) -> bool:
        return part in self.children and self.children[part].process.poll() is None

    def kill(self, part: Part, death: Death = "") -> None:
        """SIGKILL, without a word of warning."""
        victims = self._victims(part, death)
        assert victims, f"{part} has no {death} to kill"
        for process in victims:
            _signal(process, signal.SIGKILL)
        if death != "backend":
            self.children[part].process.wait()

    @contextmanager
    def frozen(self, part: Part) -> Iterator[None]:
        """It runs, but does nothing meanwhile."""
        family = self._victims(part, "all")
        for process in family:
            _signal(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in family:
                _signal(process, signal.SIGCONT)

    @contextmanager
    def worker_clock(self, ahead: timedelta) -> Iterator[None]:
        """The worker's clock is wrong by so much."""
        right = self.clock
        self._restart_worker(replace(right, start=right.start + ahead))
        try:
            yield
        finally:
            self._restart_worker(right)

    def enrol(self, terminals: Iterable[str]) -> None:
        """Register terminals in database and broker, which is started anew; their password is PASSWORD.

        The broker reads their credentials faster from its file than from commands, of thousands at least.
        """
        codes = list(terminals)
        with psycopg.connect(self.database_url) as connection:
            connection.execute("INSERT INTO terminal (code) SELECT unnest(%s::text[])", [codes])
        credentials = tuple(Credential(code, PASSWORD) for code in codes)
        if "broker" in self.children:
            self.children["broker"].stop()
        known, self.broker = self.broker, replace(self.broker, terminals=credentials)
        self.start("broker")
        self.broker = known  # it keeps them from now on

    def enrol_while_running(self, terminal: str) -> None:
        """The same for one terminal, and nobody is disturbed."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute("INSERT INTO terminal (code) VALUES (%s)", [terminal])
        with BrokerAdmin(self.broker.url("fleet")) as admin:
            admin.enrol([Credential(terminal, PASSWORD)])

    def stop(self) -> None:
        for part in ("worker", "broker", "database"):
            if part in self.children:
                self.children[part].stop()

    def prepare(self) -> None:
        """Start the database, with the schema in it."""
        self.start("database")
        self.database_url = self.postgres.ensure_database()
        schemas.migrations.upgrade(self.database_url)
        direct = allow_login(self.database_url, "motorpool_ingest", PASSWORD)
        self.worker_database_url = self._through("database", direct, self.postgres.port)

    def _through(self, link: Link, url: str, port: int) -> str:
        host, proxy_port = self.links[link].address
        return url.replace(f"127.0.0.1:{port}", f"{host}:{proxy_port}")

    def _restart_worker(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.children["worker"].stop()
        self.start("worker")

    def _victims(self, part: Part, death: Death) -> list[psutil.Process]:
        first = psutil.Process(self.children[part].pid)
        if death in ("", "postmaster"):
            return [first]
        family = first.children(recursive=True)
        if death == "backend":
            return [process for process in family if "motorpool_ingest" in _title(process)]
        return [first, *family]


@contextmanager
def running_stack(folder: Path, engines: Engines) -> Iterator[tuple[Stack, Background]]:
    """Everything started, no terminal enrolled yet."""
    secrets = SecretFile(folder / "secrets.json")
    postgres = replace(local_postgres(folder, engines, secrets), shared_buffers_mb=128)
    broker = local_broker(folder, engines, secrets)
    with ExitStack() as afterwards:
        background = afterwards.enter_context(Background())
        links: dict[Link, Proxy] = {
            "terminals": Proxy(background, broker.port, own_address(1), SLOWEST_TERMINAL_BYTES_PER_S),
            "worker": Proxy(background, broker.port, own_address(2)),
            "database": Proxy(background, postgres.port, own_address(3)),
        }
        for proxy in links.values():
            afterwards.callback(proxy.close)
        clock = SimulatedClock(STARTED, time.time(), 1.0)
        stack = Stack(folder, postgres, broker, links, clock)
        afterwards.callback(stack.stop)
        stack.prepare()
        stack.start("broker")
        stack.start("worker")
        yield stack, background


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # children of a killed database die by themselves
        os.kill(process.pid, number)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
