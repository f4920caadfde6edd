"""How fast messages become durable, against the most the database takes in and against the naive way.

The three are measured in turn, several rounds in one run, and figures are medians: what else the machine does
meanwhile meets all of them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import msgspec
import psycopg

from ingest import bench_database
from ingest.database import Database
from ingest.decode import JSON
from ingest.errors import BenchError
from ingest.message import Message
from ingest.repository import Connection, load_terminals
from ingest.settings import IngestSettings
from ingest.validate import Bounds
from ingest.writer import Writer
from schemas.telemetry import Fix, epoch_ms, topic

START = datetime(2026, 3, 11, tzinfo=UTC)
INTERVAL = timedelta(seconds=10)
"""Between two fixes of a terminal."""
DELAY = timedelta(milliseconds=300)
"""From the fix to us."""
NAIVE_MESSAGES = 500
"""The naive way is so slow that the first few messages have to do."""


class Size(msgspec.Struct, frozen=True):
    """How much is measured; every message carries one fix."""

    messages: int = 20_000
    terminals: int = 1_000
    rounds: int = 3


class Figures(msgspec.Struct, frozen=True):
    """What `motorpool bench ingest` found. One message is one row; CPU is this process's, not the database's.

    `raw_copy` is one binary COPY of the same rows, already packed, into `position` and nothing else. `naive`
    decodes a message, inserts its row and commits. The writer does all: live positions, progress, acks.
    """

    messages: int
    terminals: int
    rounds: int
    batch_messages: int
    naive_messages: int
    raw_copy_per_second: float
    naive_per_second: float
    messages_per_second: float
    naive_cpu_us_per_message: float
    writer_cpu_us_per_message: float
    ratio_to_raw_copy: float
    ratio_to_naive: float


@dataclass(frozen=True)
class Timing:
    """What one way took for so many messages: real and CPU seconds."""

    messages: int
    seconds: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU per message."""
        return self.cpu_s / self.messages * 1e6


@dataclass(frozen=True)
class Round:
    """All three ways, one after the other."""

    raw: Timing
    naive: Timing
    writer: Timing


def bench(settings: IngestSettings, size: Size) -> Figures:
    """Measure on the database of `settings`, which must be empty (ScratchDatabaseError) and is left so."""
    codes = [f"BENCH{number:05d}" for number in range(size.terminals)]
    messages = make_messages(codes, size.messages)
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        bench_database.require_scratch(connection)
        try:
            bench_database.register(connection, codes)
            store(settings, messages)  # also warms up what later rounds find warm
            packed = bench_database.copy_out(connection)
            rounds = [one_round(connection, settings, messages, packed) for _ in range(size.rounds)]
        finally:
            bench_database.forget_everything(connection)
    return _figures(size, settings, rounds)


def make_messages(codes: Sequence[str], count: int) -> list[Message]:
    """Every terminal in turn sends where it is, over and over; the same fixes each time."""
    dice = random.Random(1)
    return [_message(dice, codes[k % len(codes)], k // len(codes)) for k in range(count)]


def one_round(
    connection: Connection, settings: IngestSettings, messages: Sequence[Message], packed: bytes
) -> Round:
    """Each way on tables without a fix."""
    bench_database.forget_fixes(connection)
    raw = measured(len(messages), lambda: bench_database.copy_in(connection, packed))
    bench_database.forget_fixes(connection)
    ids, first = load_terminals(connection), messages[:NAIVE_MESSAGES]
    naive = measured(len(first), lambda: store_naively(connection, ids, first))
    bench_database.forget_fixes(connection)
    writer = measured(len(messages), lambda: store(settings, messages))
    return Round(raw, naive, writer)


def store(settings: IngestSettings, messages: Sequence[Message]) -> None:
    """Through the worker's own writer, in full batches; raises BenchError if not every fix was new."""
    database = Database(settings.database_url.get_secret_value(), threading.Event())
    latest, limit = messages[-1].received_at, settings.ingest_batch_messages
    bounds = Bounds.at(latest, settings.ingest_future_tolerance_s, settings.ingest_max_payload_bytes)
    writer = Writer(database, lambda: bounds)
    try:
        batches = (messages[first : first + limit] for first in range(0, len(messages), limit))
        new = sum(stored.new for batch in batches for stored in writer.write(batch))
    finally:
        database.close()
    if new != len(messages):
        raise BenchError(
            f"Of {len(messages)} messages {new} were stored; see table dead_letter for the others"
        )


def store_naively(connection: Connection, ids: dict[str, int], messages: Sequence[Message]) -> None:
    """Decode, insert, commit: one message after the other."""
    for message in messages:
        fix: Fix = JSON.fix(message.payload)
        bench_database.insert_one(connection, ids[message.topic.split("/")[3]], fix, message.received_at)


def measured(messages: int, work: Callable[[], None]) -> Timing:
    started, cpu_started = time.perf_counter(), time.process_time()
    work()
    return Timing(messages, time.perf_counter() - started, time.process_time() - cpu_started)


def _message(dice: random.Random, code: str, number: int) -> Message:
    at = START + number * INTERVAL
    fix = Fix(
        time=epoch_ms(at),
        sent=epoch_ms(at) + 200,
        boot=1,
        seq=number,
        oldest=max(0, number - 1),
        lon=round(dice.uniform(116.9, 117.2), 6),
        lat=round(dice.uniform(36.5, 36.8), 6),
        speed=round(dice.uniform(0, 90), 1),
        heading=dice.randrange(360),
        fixed=True,
        altitude=40.0,
        odometer=round(1000 + number * 0.1, 1),
        ignition=True,
        energy=71.0,
        satellites=14,
        hdop=0.8,
    )
    return Message(topic(code, "fix"), msgspec.json.encode(fix), at + DELAY)


def _figures(size: Size, settings: IngestSettings, rounds: Sequence[Round]) -> Figures:
    return Figures(
        messages=size.messages,
        terminals=size.terminals,
        rounds=size.rounds,
        batch_messages=settings.ingest_batch_messages,
        naive_messages=rounds[0].naive.messages,
        raw_copy_per_second=round(median(r.raw.rate for r in rounds)),
        naive_per_second=round(median(r.naive.rate for r in rounds)),
        messages_per_second=round(median(r.writer.rate for r in rounds)),
        naive_cpu_us_per_message=round(median(r.naive.cpu_us for r in rounds), 1),
        writer_cpu_us_per_message=round(median(r.writer.cpu_us for r in rounds), 1),
        ratio_to_raw_copy=round(median(r.writer.rate / r.raw.rate for r in rounds), 4),
        ratio_to_naive=round(median(r.writer.rate / r.naive.rate for r in rounds), 2),
    )
