"""A private Mosquitto that keeps what it was given and lets each terminal reach only its own topics."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fleet.broker.configuration import BrokerConfiguration, PlainListener, TlsListener
from fleet.broker.tls import BrokerTls, configured_tls
from fleet.local import dynsec
from fleet.local.account import Account, engine_account, hand_over, private_folder
from fleet.local.dynsec import Credential
from fleet.local.engines import Engines
from fleet.local.ports import remembered_port
from fleet.local.secrets import SecretFile
from fleet.local.service import ServiceSpec, accepts_connections, engine_environment

SERVICE_USERS = ("ingest", "gateway", "fleet")


@dataclass(frozen=True)
class MosquittoBroker:
    """One broker below `folder`; `services` are our own users, `terminals` those to enrol at start."""

    folder: Path
    engines: Engines
    port: int
    account: Account
    services: tuple[Credential, ...]
    terminals: tuple[Credential, ...] = ()
    tls: BrokerTls | None = None
    """Where terminals outside this machine connect; None: nothing but loopback listens."""

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
        configuration = "# Written at every start.\n" + self._configuration().text()
        self._write(self.folder / "mosquitto.conf", configuration.encode())
        security = self.folder / "dynamic-security.json"
        existing = dynsec.Document()
        if security.exists():
            existing = msgspec.json.decode(security.read_bytes(), type=dynsec.Document)
        document = dynsec.reconcile(existing, self.services, self.terminals)
        self._write(security, msgspec.json.encode(document))

    def _configuration(self) -> BrokerConfiguration:
        plain = PlainListener(self.port)
        return BrokerConfiguration(
            listeners=(plain, self._tls_listener(self.tls)) if self.tls else (plain,),
            plugin=self.engines.mosquitto_dynamic_security,
            security=self.folder / "dynamic-security.json",
            store=self.folder / "store",
        )

    def _tls_listener(self, tls: BrokerTls) -> TlsListener:
        files = tls.files(self.folder / "tls")
        for file in (files.certificate, files.key):
            if file.parent == self.folder / "tls":
                hand_over(file, self.account)
        return TlsListener(tls.port, files, tls.address, tls.client_certificates)

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
        tls=configured_tls(),
    )
