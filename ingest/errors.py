"""What can go wrong in ingest. Each error says what, where, and what to do."""

from __future__ import annotations


class IngestError(Exception):
    """Ingest could not do what it was asked."""


class BrokerAddressError(IngestError):
    """MOTORPOOL_MQTT_URL cannot be used."""


class BrokerProbeError(IngestError):
    """The broker did not let itself be examined."""


class MetricsPortError(IngestError):
    """The metrics cannot be served on the port that was configured."""


class StoppedError(IngestError):
    """The process was told to stop while the database was away; nothing held was acknowledged."""


class NoSuchDeadLetterError(IngestError):
    """No dead letter has this number."""


class ScratchDatabaseError(IngestError):
    """The benchmark fills and empties tables, so it refuses any database but an empty one."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The benchmark cannot use the database of MOTORPOOL_DATABASE_URL: {what}. Name an empty "
            "one with the schema in it, or unset the variable: `motorpool bench ingest` then starts its own."
        )


class BenchError(IngestError):
    """The benchmark did not store what it sent, so its figures would mean nothing."""
