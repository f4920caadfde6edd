"""`motorpool demo` as a person runs it: a process with a data folder and a port of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec
import psutil
import psycopg

from fleet.local.paths import LocalPaths, local_paths
from fleet.local.secrets import SecretFile
from fleet.local.service import last_lines
from fleet.local.state import StackFile
from fleet.local.status import stack_status
from schemas.clock import read_clock
from simulators.demo.report import DayReport, day_report, wait_until_supervised
from simulators.play.diary import Diary
from simulators.world import PHONE_PREFIX

PATIENCE_S = 300.0
"""For one condition, on a machine that others use too."""
DAY_PATIENCE_S = 3600.0
POLL_S = 0.2
OUTPUT, REPORT = "demo.log", "report.json"
# Every planner that comes to lead takes the next token.
LEFT_TO_DO = """
SELECT FROM timer WHERE due_at <= %(now)s
UNION ALL SELECT FROM planner_lease WHERE token < %(leaders)s
"""


@dataclass(frozen=True)
class Standing:
    """How far product and city have come.

    `told` counts the acknowledgements that reached terminals, `told_jt808` those from the gateway.
    """

    restarts: dict[str, int]
    healthy: bool
    fixes: int
    told: int
    told_jt808: int
    trips: int
    requests: int
    runs: int


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    paths: LocalPaths
    process: subprocess.Popen[bytes]

    @property
    def database_url(self) -> str:
        return SecretFile(self.paths.data / "secrets.json").get("database_url")

    def standing(self) -> Standing:
        """What `motorpool status` says, without starting Python for every look, and the terminals' ledger."""
        status = stack_status(self.paths)
        counts, ledger = status.counts, self._ledger()
        return Standing(
            restarts={service.name: service.restarts for service in status.reading.services},
            healthy=status.is_healthy,
            fixes=counts.fixes if counts else 0,
            told=ledger.count(b"\n"),
            told_jt808=ledger.count(f'["{PHONE_PREFIX}'.encode()),
            trips=counts.trips if counts else 0,
            requests=counts.requests if counts else 0,
            runs=counts.runs if counts else 0,
        )

    def now(self) -> datetime:
        """Business time."""
        return read_clock(stack_status(self.paths).reading.clock).now()

    def kill(self, service: str) -> None:
        """SIGKILL, without a word of warning."""
        os.kill(self._pid(service), signal.SIGKILL)

    @contextmanager
    def frozen(self, service: str) -> Iterator[None]:
        """It runs, but does nothing meanwhile."""
        pid = self._pid(service)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def wait_for(self, what: str, holds: Callable[[Standing], bool]) -> Standing:
        """Look until `holds`, and return what was seen then."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds(standing := self.standing()):
            self._insist(time.monotonic() < deadline, f"waited in vain for {what}: {standing}")
            time.sleep(POLL_S)
        return standing

    def wait_until_up(self) -> None:
        """Until everything has started; it may be making engines and maps first."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self._is_running() and self.standing().healthy):
            self._insist(time.monotonic() < deadline, "it does not come up")
            time.sleep(POLL_S)

    def wait_until_caught_up(self) -> None:
        """Until supervision, timers and planner have dealt with all that had happened by now."""
        now, deadline = self.now(), time.monotonic() + PATIENCE_S
        assert wait_until_supervised(self.database_url, now, PATIENCE_S), self.words()
        leaders = 1 + self.standing().restarts["plan"]
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            while connection.execute(LEFT_TO_DO, {"now": now, "leaders": leaders}).fetchone():
                self._insist(time.monotonic() < deadline, "a timer stays overdue, or no planner leads")
                time.sleep(POLL_S)

    def report(self) -> DayReport:
        return day_report(self.database_url, Diary(self.paths.data / "simulator"), as_of=self.now())

    def wait_for_report(self) -> DayReport:
        """Until the demo, started with an end, has ended by itself."""
        self.process.wait(DAY_PATIENCE_S)
        report = self.paths.data / REPORT
        assert report.exists(), self.words()
        return msgspec.json.decode(report.read_bytes(), type=DayReport)

    def output(self) -> str:
        """What it has printed."""
        return (self.paths.data / OUTPUT).read_text()

    def interrupt(self) -> list[psutil.Process]:
        """Ctrl-C; returns those of its processes that are still there when it has ended."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE_S) == 0, self.words()
        return [one for one in [*family, *_naming(self.paths.data)] if one.is_running()]

    def stop(self) -> None:
        """Whatever happened, leave nothing behind."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)

    def _is_running(self) -> bool:
        file = StackFile(self.paths.data)
        return file.read() is not None and file.is_running()

    def _insist(self, well: bool, complaint: str) -> None:
        assert self.process.poll() is None, f"the demo ended with {self.process.returncode}\n{self.words()}"
        assert well, f"{complaint}\n{self.words()}"

    def _pid(self, service: str) -> int:
        pids = {each.name: each.pid for each in stack_status(self.paths).reading.services}
        pid = pids[service]
        assert pid is not None, f"{service} does not run"
        return pid

    def _ledger(self) -> bytes:
        ledger = Diary(self.paths.data / "simulator").ledger
        return ledger.read_bytes() if ledger.exists() else b""

    def words(self) -> str:
        """The last of what every process said."""
        logs = sorted(self.paths.data.rglob("*.log"))
        return "\n".join(f"--- {log.name}\n{last_lines(log)}" for log in logs)


@contextmanager
def data_folder() -> Iterator[LocalPaths]:
    """A folder that engines of an unprivileged account can reach."""
    with tempfile.TemporaryDirectory(prefix="motorpool-faults-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        yield replace(local_paths(data), data=data)


def start_demo(paths: LocalPaths, *options: str) -> Demo:
    """`motorpool demo OPTIONS`; returns at once."""
    command = [sys.executable, "-m", "fleet.cli", "demo", "--data-dir", str(paths.data)]
    command += ["--port", str(_free_port()), "--report", str(paths.data / REPORT), *options]
    with (paths.data / OUTPUT).open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    return Demo(paths, process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _naming(folder: Path) -> list[psutil.Process]:
    """Processes whose command line or environment names the folder, whoever their parent is."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if any(
            str(folder) in word
            for word in (*(process.info["cmdline"] or ()), *(process.info["environ"] or {}).values())
        )
    ]
