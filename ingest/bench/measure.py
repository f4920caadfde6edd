"""The measurement: one broker, one database, one consumer after the other under the same load."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psycopg

from ingest.bench import database, processes
from ingest.bench.figures import Figures, Latency, Way
from ingest.bench.load import FIRST_SEQ, Load, Outcome
from ingest.bench.settings import BenchSettings, Place
from ingest.errors import BenchError
from ingest.repository import Connection

WORKER = ("ingest", "ingest")
NULL, NAIVE = ("ingest.bench.consumers", "null"), ("ingest.bench.consumers", "naive")
LEVELS = (0.25, 0.5, 0.8)
FIXES = 10
"""In a message, where arrays are measured."""
COPY_BLOCK, COPY_ROWS = 5_000, 200_000
SEQS_A_RUN = 50_000
"""No run comes so far in numbers."""
LIKELY_PER_SECOND = {WORKER: 20_000, NULL: 50_000, NAIVE: 500}
"""To choose how many messages fill the time, and nothing else."""
NAIVE_OUTSTANDING = 400
LISTENERS_LEAST, LISTEN_EVERY = 10, 100
START_S, STOP_S, STEP_S = 30.0, 20.0, 0.05
MICROS = 1e6
BROKEN_OFF = "The load broke off, so its figures would mean nothing; its last words are above"


class Size(msgspec.Struct, frozen=True):
    """How long and how wide."""

    seconds: float = 5.0
    """Of each measurement, about."""
    terminals: int = 60_000
    rounds: int = 3


@dataclass
class Run:
    """What one consumer did under one load."""

    outcome: Outcome
    way: Way


@dataclass
class Bench:
    """What the measurements share."""

    settings: BenchSettings
    size: Size
    connection: Connection
    codes: list[str]
    runs: int = 0

    def under_load(self, consumer: tuple[str, str], place: Place, **changes: Any) -> Run:
        """Start a consumer, send it messages until the time is over, wait until it has dealt with all."""
        self.runs += 1
        every = max(1, min(LISTEN_EVERY, len(self.codes) // LISTENERS_LEAST))
        counted = max(2 * every, int(self.size.seconds * changes.get("rate", LIKELY_PER_SECOND[consumer])))
        warm_up = (
            0 if consumer is NAIVE else len(self.codes)
        )  # by then every terminal was heard by the process
        load = Load(
            place.load_url,
            self.codes,
            warm_up + counted,
            FIRST_SEQ + self.runs * SEQS_A_RUN,
            warm_up=warm_up,
            listen_every=every,
            ca_file=place.ca_file,
        )
        load = msgspec.structs.replace(load, **changes)
        with self._consumer(consumer, place) as pid, loader(load) as process:
            begin(process)
            before = processes.cpu_of(self._groups(pid, place))
            outcome = finished(process)
            spent = processes.cpu_of(
                self._groups(pid, place)
            )  # a backend that was born meanwhile counts whole
            memory = processes.peak_memory_mb(pid)
        micros = {name: (spent[name] - before[name]) / outcome.messages * MICROS for name in spent}
        return Run(outcome, _way(outcome, micros, memory))

    def raw_copy(self) -> float:
        """Rows per second of COPY alone, of rows that the worker stored before."""
        rows = min(COPY_ROWS, database.count_fixes(self.connection))
        blocks = database.copy_out(self.connection, rows, COPY_BLOCK)
        database.forget_fixes(self.connection)
        started = time.perf_counter()
        database.copy_in(self.connection, blocks)
        rate = rows / (time.perf_counter() - started)
        database.forget_fixes(self.connection)
        return rate

    def _groups(self, consumer: int, place: Place) -> dict[str, list[int]]:
        server = processes.parent_of(database.backend(self.connection))
        return {"consumer": [consumer], "database": processes.family(server), "broker": [place.pid]}

    @contextmanager
    def _consumer(self, consumer: tuple[str, str], place: Place) -> Iterator[int]:
        environment = {
            **os.environ,
            "MOTORPOOL_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "MOTORPOOL_MQTT_URL": place.ingest_url,
            "MOTORPOOL_CLOCK": "real",
            "MOTORPOOL_INGEST_CLIENT_ID": f"bench-{os.getpid()}-{self.runs}",
            "MOTORPOOL_INGEST_SESSION_EXPIRY_S": "60",
            "MOTORPOOL_INGEST_PROBE_BROKER": "0",
        }
        if place.ca_file:
            environment["MOTORPOOL_MQTT_CA_FILE"] = place.ca_file
        module, command = consumer
        with tempfile.TemporaryDirectory() as folder:
            words = Path(folder) / "log"
            with words.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", module, command], env=environment, stdout=log, stderr=log
                )
            try:
                _await_reception(process, words)
                yield process.pid
            finally:
                _end(process)


@contextmanager
def loader(load: Load) -> Iterator[subprocess.Popen[bytes]]:
    """The load's process, connected and about to begin."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest.bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        _tell(process, msgspec.json.encode(load))
        if _hear(process) != b'"ready"\n':
            raise BenchError("The load could not connect to the broker; its last words are above")
        yield process
    finally:
        _end(process)


def begin(process: subprocess.Popen[bytes]) -> None:
    """Let the load begin, and wait until it is warm."""
    _tell(process, b"go")
    if not _hear(process):
        raise BenchError(BROKEN_OFF)


def finished(process: subprocess.Popen[bytes]) -> Outcome:
    """Wait for the end of the load."""
    answer = _hear(process)
    if not answer:
        raise BenchError(BROKEN_OFF)
    return msgspec.json.decode(answer, type=Outcome)


def _tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    if process.stdin is not None:
        process.stdin.write(line + b"\n")
        process.stdin.flush()


def _hear(process: subprocess.Popen[bytes]) -> bytes:
    return process.stdout.readline() if process.stdout is not None else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_reception(process: subprocess.Popen[bytes], words: Path) -> None:
    deadline = time.monotonic() + START_S
    while b"receiving" not in words.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError(f"A consumer did not start: {words.read_text(errors='replace')[-2_000:]}")
        time.sleep(STEP_S)


def _way(outcome: Outcome, micros: dict[str, float], memory: float) -> Way:
    return Way(
        messages=outcome.messages,
        per_second=round(outcome.rate),
        consumer_cpu_us=round(micros["consumer"], 2),
        database_cpu_us=round(micros["database"], 2),
        broker_cpu_us=round(micros["broker"], 2),
        load_cpu_us=round(outcome.cpu_s / outcome.messages * MICROS, 2),
        memory_mb=round(memory, 1),
        latency_p50_ms=round(outcome.latency_p50, 1),
        latency_p99_ms=round(outcome.latency_p99, 1),
    )


def measure(settings: BenchSettings, size: Size) -> Figures:
    """On the database of `settings`, which must be empty (ScratchDatabaseError) and is left so."""
    place, secured = settings.open_place(), settings.secured_place()
    codes = [f"B{number:06d}" for number in range(size.terminals)]
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        database.require_scratch(connection)
        try:
            database.register(connection, codes)
            return _measure(Bench(settings, size, connection, codes), place, secured)
        finally:
            database.forget_everything(connection)


@dataclass(frozen=True)
class Round:
    """Every way once, one after the other: what else the machine does meanwhile meets all of them."""

    null: Way
    worker: Way
    ten_fixes: Way
    naive: Way
    latency: tuple[Latency, ...]  # by level, each at its part of this round's maximum


def _measure(bench: Bench, place: Place, secured: Place | None) -> Figures:
    bench.under_load(
        WORKER, place, messages=len(bench.codes), warm_up=0
    )  # every terminal's rows are there now
    rounds = [_round(bench, place) for _ in range(bench.size.rounds)]
    worker = _middle([run.worker for run in rounds])
    latency = tuple(_middle_latency([run.latency[level] for run in rounds]) for level in range(len(LEVELS)))
    tls = bench.under_load(WORKER, secured).way if secured is not None else None
    ten_fixes = _middle([run.ten_fixes for run in rounds])
    raw_copy = bench.raw_copy()
    window_ms = bench.settings.ingest_batch_ms
    return Figures(
        ratio_to_null_consumer=_ratio([(run.worker, run.null) for run in rounds]),
        ratio_to_naive=_ratio([(run.worker, run.naive) for run in rounds]),
        ratio_to_raw_copy_10_fixes=round(ten_fixes.per_second * FIXES / raw_copy, 3),
        worker_cpu_us_per_message=worker.consumer_cpu_us,
        p99_batch_windows_at_80_percent=round(latency[-1].p99_ms / window_ms, 2),
        cold_bytes_per_fix=bench.settings.bench_cold_bytes_per_fix,
        messages_per_second=worker.per_second,
        terminals=len(bench.codes),
        rounds=bench.size.rounds,
        batch_window_ms=window_ms,
        raw_copy_rows_per_second=round(raw_copy),
        fixes_per_second_10_fixes=ten_fixes.per_second * FIXES,
        worker=worker,
        null_consumer=_middle([run.null for run in rounds]),
        naive=_middle([run.naive for run in rounds]),
        ten_fixes=ten_fixes,
        secured=tls,
        latency=latency,
    )


def _round(bench: Bench, place: Place) -> Round:
    null = bench.under_load(NULL, place).way
    worker = bench.under_load(WORKER, place).way
    return Round(
        null=null,
        worker=worker,
        latency=tuple(_latency(bench, place, level, worker.per_second) for level in LEVELS),
        ten_fixes=bench.under_load(WORKER, place, fixes=FIXES).way,
        naive=bench.under_load(NAIVE, place, outstanding=NAIVE_OUTSTANDING).way,
    )


def _latency(bench: Bench, place: Place, level: float, most: float) -> Latency:
    rate = most * level
    way = bench.under_load(WORKER, place, rate=rate).way
    return Latency(level, way.per_second, way.latency_p50_ms, way.latency_p99_ms)


def _middle_latency(measured: Sequence[Latency]) -> Latency:
    """The one of the median p99."""
    return sorted(measured, key=lambda latency: latency.p99_ms)[len(measured) // 2]


def _middle(ways: Sequence[Way]) -> Way:
    """The one of the median rate."""
    return sorted(ways, key=lambda way: way.per_second)[len(ways) // 2]


def _ratio(pairs: Sequence[tuple[Way, Way]]) -> float:
    return round(median(ours.per_second / theirs.per_second for ours, theirs in pairs), 3)
