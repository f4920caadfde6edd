"""mosquitto.conf: what keeps a Mosquitto from losing what it was given, and strangers out.

The private broker and the file shipped for production (docs/broker/mosquitto.conf) are written from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fleet.broker.certificates import TlsFiles

MAX_PACKET_BYTES = 65_536
NO_MESSAGE_LIMIT = 1_000_000_000  # 0 would mean it too, but then a refused publish also costs the connection
MAX_QUEUED_BYTES = 512 * 1024 * 1024
"""Of a session whose client is away: about a million fixes. Then the broker drops, and counts it in $SYS."""


@dataclass(frozen=True)
class PlainListener:
    """For our own processes on the same machine; nothing else may see passwords and positions in clear."""

    port: int

    def lines(self) -> tuple[str, ...]:
        return (f"listener {self.port} 127.0.0.1",)


@dataclass(frozen=True)
class TlsListener:
    """For terminals, and for our processes on other machines.

    With `client_certificates` a terminal is who its certificate says, and needs no password. Its client id is
    then its name whatever it asks for, or it could take another's session.
    """

    port: int
    files: TlsFiles
    address: str = ""
    client_certificates: bool = False

    def lines(self) -> tuple[str, ...]:
        proof = (
            "require_certificate true",
            "use_identity_as_username true",
            "use_username_as_clientid true",
        )
        return (
            f"listener {self.port} {self.address}".rstrip(),
            f"cafile {self.files.authority}",
            f"certfile {self.files.certificate}",
            f"keyfile {self.files.key}",
            "tls_version tlsv1.2",
            *(proof if self.client_certificates else ()),
        )


@dataclass(frozen=True)
class BrokerConfiguration:
    """Everything a broker of ours is told. `store` is the folder of its queues."""

    listeners: tuple[PlainListener | TlsListener, ...]
    plugin: Path
    security: Path
    store: Path

    def text(self) -> str:
        listeners = "\n\n".join("\n".join(listener.lines()) for listener in self.listeners)
        return f"""\
{listeners}

# Who may do what: one client and one role for each terminal, everything else denied. Never an acl_file: with
# one any terminal may join a shared subscription and take other terminals' messages away.
allow_anonymous false
allow_zero_length_clientid false
plugin {self.plugin}
plugin_opt_config_file {self.security}

# Queues survive a restart. They do not survive a kill -9 since the last save: a terminal keeps what our own
# acknowledgement has not named.
persistence true
persistence_location {self.store}/
autosave_interval 60
persistent_client_expiration 14d

# Nothing is dropped because of a number. Memory is bounded by bytes, and ingest warns at half of them.
max_inflight_messages 0
max_queued_messages {NO_MESSAGE_LIMIT}
max_queued_bytes {MAX_QUEUED_BYTES}

# State lives in the database: nothing is retained. A packet is an array of some hundred fixes at most.
retain_available false
max_packet_size {MAX_PACKET_BYTES}

set_tcp_nodelay true
sys_interval 5
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%SZ
connection_messages false
"""
