"""What ingest can be told, from environment variables `MOTORPOOL_*`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr

from ingest.errors import BrokerAddressError
from schemas.settings import CommonSettings

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker listens and as whom to sign in."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class IngestSettings(CommonSettings):
    """Settings of the ingest worker and its commands."""

    mqtt_url: SecretStr = SecretStr("mqtt://127.0.0.1:1883")
    """mqtt://user:password@host:port, or mqtts:// for TLS."""
    mqtt_ca_file: Path | None = None
    """Certificate authority of the broker for mqtts://; the system's own when unset."""
    mqtt_config: Path | None = None
    """The broker's mosquitto.conf, where it can be read: its limits are checked and warned of."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Loopback port for Prometheus; 0 serves none."""

    ingest_client_id: str = Field(default="motorpool-ingest", min_length=1, max_length=64)
    """Names the persistent session: the broker queues for it while no worker runs. Workers with the same
    name share the work; with several ranges each session carries this name and its number."""
    ingest_ranges: int = Field(default=1, ge=1, le=256)
    """Into how many ranges of shards the topics are divided; workers share them out among themselves."""
    ingest_broker_budget_bytes: int = Field(default=512 * 2**20, ge=1)
    """What the broker may hold for us (Mosquitto: max_queued_bytes); at half of it we raise the alarm."""
    ingest_probe_broker: bool = True
    """At the start try whether the broker would drop messages; it queues 2,000 small ones for that."""
    ingest_session_expiry_s: int = Field(default=7 * 86_400, ge=60)
    """How long the broker keeps the session of a worker that is away (real seconds)."""
    ingest_receive_maximum: int = Field(default=10_000, ge=1, le=65_535)
    """Unacknowledged messages the broker may have in flight to us: the bound on memory."""
    ingest_batch_ms: int = Field(default=50, ge=1, le=5_000)
    """How long a batch is gathered (real milliseconds)."""
    ingest_batch_messages: int = Field(default=1_000, ge=1, le=20_000)
    """A batch of this size is written at once."""
    ingest_backlog_messages: int = Field(default=5_000, ge=1, le=20_000)
    """With a backlog a batch grows to this; half of Receive Maximum lets the broker send on meanwhile."""
    ingest_max_payload_bytes: int = Field(default=65_536, ge=1_024)
    """Longer payloads are put aside as `oversized`."""
    ingest_future_tolerance_s: int = Field(default=300, ge=0)
    """A fix may be this far ahead of our clock (business seconds); beyond it is put aside as `future`."""

    def broker(self) -> BrokerAddress:
        """Raises BrokerAddressError without showing the password."""
        url = urlsplit(self.mqtt_url.get_secret_value())
        if url.scheme not in DEFAULT_PORTS or not url.hostname:
            raise BrokerAddressError(
                f"MOTORPOOL_MQTT_URL starts with {url.scheme!r}: write mqtt://user:password@host:port, "
                "or mqtts:// for TLS"
            )
        try:
            port = url.port or DEFAULT_PORTS[url.scheme]
        except ValueError as error:
            raise BrokerAddressError(f"MOTORPOOL_MQTT_URL has an unusable port: {error}") from error
        return BrokerAddress(
            host=url.hostname,
            port=port,
            tls=url.scheme == "mqtts",
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
        )
