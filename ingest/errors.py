"""What can go wrong in ingest. Each error says what, where, and what to do."""

from __future__ import annotations


class IngestError(Exception):
    """Ingest could not do what it was asked."""


class BrokerAddressError(IngestError):
    """MOTORPOOL_MQTT_URL cannot be used."""


class MetricsPortError(IngestError):
    """The metrics cannot be served on the port that was configured."""


class StoppedError(IngestError):
    """The process was told to stop while the database was away; nothing held was acknowledged."""


class NoSuchDeadLetterError(IngestError):
    """No dead letter has this number."""
