"""What Prometheus may ask of a worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from ingest.broker_watch import BrokerWatch
from ingest.database import Database, Trouble
from ingest.errors import MetricsPortError
from ingest.receiver import Receiver
from ingest.sample import fix_time
from ingest.writer import Stored
from schemas.clock import Clock

COMMIT_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
LATENCY_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86_400)


class Metrics:
    """Counts since this process started."""

    def __init__(self, clock: Clock, receiver: Receiver, database: Database) -> None:
        self._clock = clock
        self.registry = CollectorRegistry()
        self.received = Counter(
            "ingest_received",
            "Messages taken from the broker, re-deliveries included",
            registry=self.registry,
        )
        self.committed = Counter(
            "ingest_committed", "Fixes stored for the first time", registry=self.registry
        )
        self.duplicate = Counter("ingest_duplicate", "Fixes that were stored already", registry=self.registry)
        self.reused = Counter(
            "ingest_sequence_reused",
            "Fixes stored under a boot and sequence number that had stood for another fix",
            registry=self.registry,
        )
        self.quarantined = Counter(
            "ingest_quarantined", "Messages or elements put aside", ["reason"], registry=self.registry
        )
        self.commit_seconds = Histogram(
            "ingest_commit_seconds",
            "Real seconds from a batch's first statement to its commit",
            buckets=COMMIT_BUCKETS,
            registry=self.registry,
        )
        self.waiting = Gauge(
            "ingest_waiting_messages", "Received and not yet in a batch", registry=self.registry
        )
        self.waiting.set_function(lambda: receiver.waiting)
        self.receiving = Gauge(
            "ingest_receiving", "1 while the broker delivers to us", registry=self.registry
        )
        self.receiving.set_function(lambda: receiver.receiving)
        self.unacked = Gauge(
            "unacked_inflight",
            "Delivered to us and not acknowledged yet",
            registry=self.registry,
        )
        self.unacked.set_function(lambda: getattr(receiver, "unacknowledged", receiver.waiting))
        self.device_to_commit = Histogram(
            "device_to_commit_seconds",
            "Business seconds from the time of a fix to its commit; one fix of each batch",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.app_ack = Histogram(
            "app_ack_seconds",
            "Business seconds from receipt to our acknowledgement; the first message of each batch",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._database_trouble(database)
        self.dropped = Counter(
            "broker_dropped", "Messages the broker dropped while we watched", registry=self.registry
        )

    def watch(self, broker: BrokerWatch | None) -> None:
        """Show what the broker tells of its queue."""
        if broker is None:
            return
        self._gauge("broker_stored_messages", "Held by the broker", lambda: broker.reading.messages or 0)
        self._gauge("broker_stored_bytes", "Held by the broker", lambda: broker.reading.bytes or 0)
        self._gauge("broker_budget_bytes", "What the broker may hold", lambda: broker.budget_bytes)
        self._gauge("broker_watched", "1 while the broker tells of its queue", lambda: broker.watches)
        self._gauge("broker_queue_alarm", "1 while the queue is near its bound", lambda: broker.alarmed)

    def _database_trouble(self, database: Database) -> None:
        trouble = Gauge(
            "ingest_database_trouble",
            "1 while nothing is stored because of it",
            ["kind"],
            registry=self.registry,
        )
        for kind in get_args(Trouble):
            trouble.labels(kind).set_function(partial(_is, database, kind))
        self._gauge(
            "ingest_database_failing_seconds", "For how long nothing was stored", lambda: database.failing_s
        )

    def _gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        Gauge(name, what, registry=self.registry).set_function(value)

    def count(self, stored: Stored) -> None:
        self.committed.inc(stored.new)
        self.duplicate.inc(stored.known)
        self.reused.inc(stored.reused)
        self.commit_seconds.observe(stored.seconds)
        now = self._clock.now()
        self.app_ack.observe((now - stored.messages[0].received_at).total_seconds())
        sampled = fix_time(stored.messages[-1])
        if sampled is not None:
            self.device_to_commit.observe(max(0.0, now.timestamp() - sampled))
        for rejection in stored.rejections:
            self.quarantined.labels(rejection.reason).inc()

    def serve(self, port: int) -> None:
        """Answer on http://127.0.0.1:port/metrics from a thread of its own."""
        try:
            start_http_server(port, addr="127.0.0.1", registry=self.registry)
        except OSError as error:
            raise MetricsPortError(
                f"Metrics cannot be served on 127.0.0.1:{port}: {error.strerror}. "
                "Set MOTORPOOL_METRICS_PORT to a free port, or to 0 for none"
            ) from error


def _is(database: Database, kind: Trouble) -> float:
    return float(database.trouble == kind)
