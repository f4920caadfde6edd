"""What the ingest worker of a running stack says of itself, also while the database is away: its metrics."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PORT_NAME = "ingest-metrics"
TROUBLES = {
    "away": "the database is not reachable",
    "disk_full": "the database's disk is full",
    "locked": "the database waits for a lock",
    "other": "the database does not take the batches; see the log of ingest",
}


@dataclass(frozen=True)
class IngestReading:
    """`trouble` is why nothing is stored at present; figures of the broker are None when it does not tell."""

    receiving: bool
    waiting: int
    trouble: str | None
    failing_s: float
    broker_messages: int | None
    broker_bytes: int | None
    broker_budget_bytes: int | None
    broker_alarm: bool
    broker_dropped: int

    @property
    def alarms(self) -> list[str]:
        """What somebody should look at, in full sentences."""
        found = []
        if self.trouble:
            what = TROUBLES.get(self.trouble, self.trouble)
            found.append(
                f"Nothing has been stored for {self.failing_s:.0f} s: {what}. Nothing is acknowledged, the "
                "broker and the terminals keep what comes."
            )
        if not self.receiving:
            found.append("The broker does not deliver to ingest.")
        if self.broker_alarm:
            found.append("The broker's queue is above half of what it may hold; beyond that it drops.")
        if self.broker_dropped:
            found.append(f"The broker dropped {self.broker_dropped} messages; terminals send them again.")
        return found


def read_ingest(data: Path) -> IngestReading | None:
    """Ask the worker of the stack on this data folder; None if it does not answer."""
    try:
        port = json.loads((data / "ports.json").read_text())[PORT_NAME]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
            return understand(answer.read().decode())
    except (OSError, urllib.error.URLError, ValueError, KeyError):
        return None


def understand(text: str) -> IngestReading:
    """Raises KeyError if these are the metrics of something else."""
    values: dict[str, float] = {}
    troubles: list[str] = []
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "ingest_database_trouble" and sample.value:
                troubles.append(sample.labels["kind"])
            elif not sample.labels:
                values[sample.name] = sample.value
    watched = bool(values.get("broker_watched"))
    return IngestReading(
        receiving=bool(values["ingest_receiving"]),
        waiting=int(values["ingest_waiting_messages"]),
        trouble=next(iter(troubles), None),
        failing_s=values["ingest_database_failing_seconds"],
        broker_messages=int(values["broker_stored_messages"]) if watched else None,
        broker_bytes=int(values["broker_stored_bytes"]) if watched else None,
        broker_budget_bytes=int(values["broker_budget_bytes"]) if watched else None,
        broker_alarm=bool(values.get("broker_queue_alarm")),
        broker_dropped=int(values.get("broker_dropped_total", 0)),
    )
