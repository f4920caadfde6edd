"""What a Mosquitto in production starts from: a folder with configuration, certificates and first users."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fleet.broker.certificates import Authority, TlsFiles
from fleet.broker.configuration import BrokerConfiguration, PlainListener, TlsListener
from fleet.local import dynsec
from fleet.local.dynsec import Credential
from fleet.local.mosquitto import SERVICE_USERS
from fleet.local.secrets import SecretFile

DEBIAN_PLUGIN = Path("/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so")
INSTALLED = Path("/etc/mosquitto/motorpool")
STORE = Path("/var/lib/mosquitto")
PLAIN_PORT, TLS_PORT = 1883, 8883
SHIPPED_HEADER = """\
# Mosquitto 2 for Motorpool on Debian. `motorpool broker configure` writes this file for your host, together
# with the certificates and dynamic-security.json it names; see docs/broker/README.md.

"""


@dataclass(frozen=True)
class BrokerFiles:
    """The folder's content. `installed` is where the broker will find it, which may be another machine."""

    folder: Path
    hosts: tuple[str, ...]
    installed: Path = INSTALLED
    plugin: Path = DEBIAN_PLUGIN
    store: Path = STORE
    tls_port: int = TLS_PORT
    client_certificates: bool = False
    given: TlsFiles | None = None

    def write(self) -> list[Path]:
        """Write what is missing, bring the rest up to date; passwords, keys and terminals stay as they are.

        mosquitto.conf; dynamic-security.json, which the broker writes to as well; tls/; passwords.json; the
        `MOTORPOOL_MQTT_URL` of each of our users in urls.env. Returns the files. Raises CertificateError.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.given is None:
            Authority(self.folder / "tls").server(self.hosts)
        users = self._users()
        _write(self.folder / "mosquitto.conf", self.configuration().text().encode())
        _write(self.folder / "dynamic-security.json", self._security(users))
        _write(self.folder / "urls.env", self._urls(users).encode())
        return sorted(file for file in self.folder.rglob("*") if file.is_file())

    def configuration(self) -> BrokerConfiguration:
        tls = self.installed / "tls"
        files = self.given or TlsFiles(tls / "ca.crt", tls / "server.crt", tls / "server.key")
        return BrokerConfiguration(
            listeners=(PlainListener(PLAIN_PORT), *self._doors(files)),
            plugin=self.plugin,
            security=self.installed / "dynamic-security.json",
            store=self.store,
        )

    def _doors(self, files: TlsFiles) -> tuple[TlsListener, ...]:
        """Behind a door for certificates the client id is the name; ours have one name and many ids."""
        if not self.client_certificates:
            return (TlsListener(self.tls_port, files),)
        by_certificate = TlsListener(self.tls_port, files, client_certificates=True)
        return by_certificate, TlsListener(self.tls_port + 1, files)

    def _users(self) -> tuple[Credential, ...]:
        secrets = SecretFile(self.folder / "passwords.json")
        return tuple(Credential(user, secrets.get(user)) for user in SERVICE_USERS)

    def _security(self, users: tuple[Credential, ...]) -> bytes:
        file = self.folder / "dynamic-security.json"
        known = dynsec.Document()
        if file.exists():
            known = msgspec.json.decode(file.read_bytes(), type=dynsec.Document)
        return msgspec.json.format(msgspec.json.encode(dynsec.reconcile(known, users, ())))

    def _urls(self, users: Sequence[Credential]) -> str:
        lines = [
            f"# {user.username}\nMOTORPOOL_MQTT_URL=mqtt://{user.username}:{user.password}@127.0.0.1:{PLAIN_PORT}"
            for user in users
        ]
        return (
            "# For processes beside the broker; elsewhere mqtts:// and its name.\n" + "\n".join(lines) + "\n"
        )


def _write(file: Path, content: bytes) -> None:
    fresh = file.with_suffix(".fresh")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
    fresh.rename(file)
