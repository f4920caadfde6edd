"""What Prometheus may ask of a worker."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from ingest.errors import MetricsPortError
from ingest.writer import Stored

COMMIT_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """Counts since this process started."""

    def __init__(self, waiting: Callable[[], int], receiving: Callable[[], bool]) -> None:
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
        self.waiting.set_function(waiting)
        self.receiving = Gauge(
            "ingest_receiving", "1 while the broker delivers to us", registry=self.registry
        )
        self.receiving.set_function(receiving)

    def count(self, stored: Stored) -> None:
        self.committed.inc(stored.new)
        self.duplicate.inc(stored.known)
        self.reused.inc(stored.reused)
        self.commit_seconds.observe(stored.seconds)
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
