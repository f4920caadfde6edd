"""What the benchmark found, and its table."""

from __future__ import annotations

import msgspec
from rich.console import Console
from rich.table import Table


class Way(msgspec.Struct, frozen=True):
    """One consumer under load. Processor time in microseconds per message, latency in milliseconds."""

    messages: int
    per_second: float
    consumer_cpu_us: float
    database_cpu_us: float
    broker_cpu_us: float
    load_cpu_us: float
    memory_mb: float  # of the consumer, at its peak
    latency_p50_ms: float
    latency_p99_ms: float


class Latency(msgspec.Struct, frozen=True):
    """Publish to acknowledgement, which follows the commit, at a part of the worker's maximum. In ms."""

    load: float
    per_second: float
    p50_ms: float
    p99_ms: float


class Figures(msgspec.Struct, frozen=True):
    """Ratios first: they mean the same on every machine. Rates are messages per second.

    `null_consumer` reads and acknowledges as the worker does and stores nothing; `naive` stores message by
    message; `raw_copy_rows_per_second` is binary COPY into `position` and nothing else. `secured` is the
    worker with TLS, passwords and access rules on both sides of the broker.
    """

    ratio_to_null_consumer: float
    ratio_to_naive: float
    ratio_to_raw_copy_10_fixes: float
    worker_cpu_us_per_message: float
    p99_batch_windows_at_80_percent: float
    cold_bytes_per_fix: float | None
    messages_per_second: float
    terminals: int
    rounds: int
    batch_window_ms: int
    raw_copy_rows_per_second: float
    fixes_per_second_10_fixes: float
    worker: Way
    null_consumer: Way
    naive: Way
    ten_fixes: Way
    secured: Way | None
    latency: tuple[Latency, ...]


def show(screen: Console, figures: Figures) -> None:
    """One line for each way, processor time by process; then latency and the ratios."""
    table = Table(
        "way", "messages/s", "consumer µs", "database µs", "broker µs", "load µs", "memory MB",
        title=f"{figures.terminals:,} terminals, {figures.rounds} rounds; processor time per message",
    )  # fmt: skip
    ways = {
        "broker alone": figures.null_consumer,
        "naive": figures.naive,
        "worker": figures.worker,
        "worker, 10 fixes": figures.ten_fixes,
        "worker, TLS and passwords": figures.secured,
    }
    for name, way in ways.items():
        if way is not None:
            table.add_row(
                name, f"{way.per_second:,.0f}", f"{way.consumer_cpu_us:.1f}", f"{way.database_cpu_us:.1f}",
                f"{way.broker_cpu_us:.1f}", f"{way.load_cpu_us:.1f}", f"{way.memory_mb:.0f}",
            )  # fmt: skip
    screen.print(table)
    waits = Table("load", "messages/s", "p50 ms", "p99 ms", title="publish to acknowledgement after commit")
    for latency in figures.latency:
        waits.add_row(
            f"{latency.load:.0%}",
            f"{latency.per_second:,.0f}",
            f"{latency.p50_ms:.0f}",
            f"{latency.p99_ms:.0f}",
        )
    screen.print(waits)
    screen.print(
        f"The worker takes {figures.ratio_to_null_consumer:.0%} of what the broker gives, "
        f"{figures.ratio_to_naive:.0f} times the naive way; with 10 fixes a message "
        f"{figures.ratio_to_raw_copy_10_fixes:.0%} of raw COPY, "
        f"{figures.raw_copy_rows_per_second:,.0f} rows/s."
    )
