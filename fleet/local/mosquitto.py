"""A private Mosquitto that keeps what it was given and lets each terminal reach only its own topics."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fleet.local import dynsec
from fleet.local.account import Account, engine_account, hand_over, private_folder
from fleet.local.dynsec import Credential
from fleet.local.engines import Engines
from fleet.local.ports import remembered_port
from fleet.local.secrets import SecretFile
from fleet.local.service import ServiceSpec, accepts_connections, engine_environment

SERVICE_USERS = ("ingest", "gateway", "fleet")
MAX_PACKET_BYTES = 65_536
NO_MESSAGE_LIMIT = 1_000_000_000  # 0 would mean it too, but then a refused publish also costs the connection
MAX_QUEUED_BYTES = (
    512 * 1024 * 1024
)  # about a million fixes for a consumer that is away; then it drops and says so


@dataclass(frozen=True)
class MosquittoBroker:
    """One broker below `folder`; `services` are our own users, `terminals` those to enrol at start."""

    folder: Path
    engines: Engines
    port: int
    account: Account
    services: tuple[Credential, ...]
    terminals: tuple[Credential, ...] = ()

    def url(self, username: str) -> str:
        """mqtt://user:password@host:port of one of our own users or of a terminal enrolled at start."""
        found = {credential.username: credential.password for credential in self.services + self.terminals}
        return f"mqtt://{username}:{found[username]}@127.0.0.1:{self.port}"

    def urls(self) -> dict[str, str]:
        """`url` of each of our own users."""
        return {credential.username: self.url(credential.username) for credential in self.services}

    def service(self) -> ServiceSpec:
        return ServiceSpec(
            name="broker",
            argv=(str(self.engines.mosquitto), "-c", str(self.folder / "mosquitto.conf")),
            env=engine_environment(),
            ready=lambda: accepts_connections(self.port),
            account=self.account,
            prepare=self._prepare,
            stop_signal=signal.SIGTERM,  # the only one on which it saves its queues
            stop_seconds=30,
        )

    def _prepare(self) -> None:
        private_folder(self.folder, self.account)
        private_folder(self.folder / "store", self.account)
        self._write(self.folder / "mosquitto.conf", self._configuration().encode())
        security = self.folder / "dynamic-security.json"
        existing = dynsec.Document()
        if security.exists():
            existing = msgspec.json.decode(security.read_bytes(), type=dynsec.Document)
        document = dynsec.reconcile(existing, self.services, self.terminals)
        self._write(security, msgspec.json.encode(document))

    def _configuration(self) -> str:
        return f"""# Written at every start.
listener {self.port} 127.0.0.1
allow_anonymous false
plugin {self.engines.mosquitto_dynamic_security}
plugin_opt_config_file {self.folder}/dynamic-security.json
persistence true
persistence_location {self.folder}/store/
autosave_interval 60
max_inflight_messages 0
max_queued_messages {NO_MESSAGE_LIMIT}
max_queued_bytes {MAX_QUEUED_BYTES}
max_packet_size {MAX_PACKET_BYTES}
retain_available false
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%SZ
connection_messages false
"""

    def _write(self, path: Path, content: bytes) -> None:
        fresh = path.with_suffix(".fresh")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        hand_over(fresh, self.account)
        fresh.rename(path)


def local_broker(
    data: Path, engines: Engines, secrets: SecretFile, terminals: tuple[Credential, ...] = ()
) -> MosquittoBroker:
    return MosquittoBroker(
        folder=data / "mosquitto",
        engines=engines,
        port=remembered_port(data, "broker"),
        account=engine_account(),
        services=tuple(Credential(user, secrets.get(f"broker-{user}")) for user in SERVICE_USERS),
        terminals=terminals,
    )
