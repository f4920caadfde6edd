"""What ingest and the gateway of a running stack say of themselves, also while the database is away."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PORT_NAME, GATEWAY_PORT_NAME = "ingest-metrics", "gateway-metrics"
UNANSWERED = (OSError, urllib.error.URLError, ValueError, KeyError)
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


@dataclass(frozen=True)
class GatewayReading:
    """The gateway has the writer of ingest and says much the same of it. `terminals` are authenticated."""

    listening: bool
    connections: int
    terminals: int
    waiting: int
    trouble: str | None
    failing_s: float

    @property
    def alarms(self) -> list[str]:
        """What somebody should look at, in full sentences."""
        found = []
        if self.trouble:
            what = TROUBLES.get(self.trouble, self.trouble)
            found.append(
                f"The gateway has stored nothing for {self.failing_s:.0f} s: {what}. Its terminals are not "
                "answered and keep what they have."
            )
        if not self.listening:
            found.append("The gateway takes no connections of JT/T 808 terminals.")
        return found


def read_ingest(data: Path) -> IngestReading | None:
    """Ask the worker of the stack on this data folder; None if it does not answer."""
    try:
        return understand(_metrics(data, PORT_NAME))
    except UNANSWERED:
        return None


def read_gateway(data: Path) -> GatewayReading | None:
    """Ask the gateway of the stack on this data folder; None if it does not answer."""
    try:
        return understand_gateway(_metrics(data, GATEWAY_PORT_NAME))
    except UNANSWERED:
        return None


def understand(text: str) -> IngestReading:
    """Raises KeyError if these are the metrics of something else."""
    values, troubles = _samples(text)
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


def understand_gateway(text: str) -> GatewayReading:
    """Raises KeyError if these are the metrics of something else."""
    values, troubles = _samples(text)
    return GatewayReading(
        listening=bool(values["ingest_receiving"]),
        connections=int(values["ingest_gateway_connections"]),
        terminals=int(values["ingest_gateway_terminals"]),
        waiting=int(values["ingest_waiting_messages"]),
        trouble=next(iter(troubles), None),
        failing_s=values["ingest_database_failing_seconds"],
    )


def _metrics(data: Path, port_name: str) -> str:
    port = json.loads((data / "ports.json").read_text())[port_name]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        text: str = answer.read().decode()
        return text


def _samples(text: str) -> tuple[dict[str, float], list[str]]:
    """Values without a label by name, and the troubles there are."""
    values: dict[str, float] = {}
    troubles: list[str] = []
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "ingest_database_trouble" and sample.value:
                troubles.append(sample.labels["kind"])
            elif not sample.labels:
                values[sample.name] = sample.value
    return values, troubles
