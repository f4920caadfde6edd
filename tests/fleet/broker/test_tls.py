"""Terminals reach the broker over TLS, with a password or a certificate; what `configure` writes runs."""

from __future__ import annotations

import gc
import os
import queue
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from fleet.broker.certificates import Authority, given
from fleet.broker.configuration import BrokerConfiguration
from fleet.broker.files import SHIPPED_HEADER, BrokerFiles
from fleet.broker.tls import BrokerTls
from fleet.cli import app
from fleet.local.account import engine_account
from fleet.local.dynsec import Credential
from fleet.local.engines import Engines
from fleet.local.errors import CertificateError
from fleet.local.mosquitto import MosquittoBroker, local_broker
from fleet.local.paths import LocalPaths
from fleet.local.ports import remembered_port
from fleet.local.secrets import SecretFile
from fleet.local.service import Child, ServiceSpec, accepts_connections, engine_environment, start
from ingest.broker_probe import shake_hands, try_queue
from ingest.errors import BrokerProbeError
from ingest.settings import BrokerAddress
from schemas.telemetry import topic

SECONDS = 10.0
SHIPPED = Path(__file__).parents[3] / "docs" / "broker" / "mosquitto.conf"


@contextmanager
def running_broker(
    paths: LocalPaths, engines: Engines, name: str, **tls: object
) -> Iterator[MosquittoBroker]:
    data = paths.data / name
    data.mkdir(mode=0o755, exist_ok=True)
    terminals = (Credential("TLS-1", "secret-1"), Credential("TLS-2", "secret-2"))
    server = replace(
        local_broker(data, engines, SecretFile(data / "secrets.json"), terminals),
        tls=BrokerTls(port=remembered_port(data, "tls"), address="127.0.0.1", hosts="127.0.0.1", **tls),
    )
    child = start(replace(server.service(), name=name), paths.logs)
    try:
        child.wait_ready()
        yield server
    finally:
        child.stop()


@pytest.fixture(scope="module")
def by_password(paths: LocalPaths, engines: Engines) -> Iterator[MosquittoBroker]:
    with running_broker(paths, engines, "tls-password") as server:
        yield server


@pytest.fixture(scope="module")
def by_certificate(paths: LocalPaths, engines: Engines) -> Iterator[MosquittoBroker]:
    with running_broker(paths, engines, "tls-certificate", client_certificates=True) as server:
        yield server


def address(server: MosquittoBroker, user: str | None = None, password: str | None = None) -> BrokerAddress:
    assert server.tls is not None
    return BrokerAddress("127.0.0.1", server.tls.port, True, user, password)


def authority(server: MosquittoBroker) -> Authority:
    return Authority(server.folder / "tls")


def test_a_service_reaches_the_broker_over_tls_by_password(by_password: MosquittoBroker) -> None:
    ingest = next(one for one in by_password.services if one.username == "ingest")
    there = address(by_password, "ingest", ingest.password)

    kept = try_queue(there, authority(by_password).certificate_file, messages=50).kept

    assert kept == 50


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # paho leaves the socket of a failed handshake open
def test_a_broker_of_another_authority_is_not_trusted(by_password: MosquittoBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    stranger.ensure()

    with pytest.raises(BrokerProbeError, match="certificate verify failed"):
        shake_hands(address(by_password, "ingest", "x"), stranger.certificate_file)
    gc.collect()


def test_without_tls_the_door_stays_shut(by_password: MosquittoBroker) -> None:
    clear = replace(address(by_password, "ingest", "x"), tls=False)

    with pytest.raises(BrokerProbeError, match=r"cannot be reached|does not answer|refused us"):
        shake_hands(clear, None)


class Station:
    """A terminal with a certificate."""

    def __init__(self, server: MosquittoBroker, tmp_path: Path, name: str, client_id: str) -> None:
        self.connected: queue.Queue[str] = queue.Queue()
        self.published: queue.Queue[str] = queue.Queue()
        files = authority(server).client(name, tmp_path)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        client.tls_set(str(files.authority), str(files.certificate), str(files.key))
        client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(str(reason))
        client.on_publish = lambda _c, _u, _m, reason, _p: self.published.put(str(reason))
        client.connect("127.0.0.1", address(server).port)
        client.loop_start()
        self.client = client

    def publish(self, where: str) -> str:
        self.client.publish(where, b"x", qos=1)
        return self.published.get(timeout=SECONDS)


@pytest.fixture
def station(by_certificate: MosquittoBroker, tmp_path: Path) -> Iterator[Callable[[str, str], Station]]:
    stations: list[Station] = []

    def connect(name: str, client_id: str) -> Station:
        stations.append(Station(by_certificate, tmp_path, name, client_id))
        return stations[-1]

    yield connect
    for one in stations:
        one.client.disconnect()
        one.client.loop_stop()


def test_a_terminal_is_who_its_certificate_says(station: Callable[[str, str], Station]) -> None:
    terminal = station("TLS-1", "TLS-1")

    assert terminal.connected.get(timeout=SECONDS) == "Success"
    assert terminal.publish(topic("TLS-1", "fix")) in ("Success", "No matching subscribers")
    assert terminal.publish(topic("TLS-2", "fix")) == "Not authorized"


def test_a_certificate_does_not_open_another_terminals_session(
    station: Callable[[str, str], Station],
) -> None:
    victim = station("TLS-2", "TLS-2")
    assert victim.connected.get(timeout=SECONDS) == "Success"

    thief = station("TLS-1", "TLS-2")
    assert thief.connected.get(timeout=SECONDS) == "Success"

    assert thief.publish(topic("TLS-2", "fix")) == "Not authorized"
    assert victim.publish(topic("TLS-2", "fix")) in ("Success", "No matching subscribers")
    assert victim.client.is_connected()


def test_without_a_certificate_nobody_comes_in(by_certificate: MosquittoBroker) -> None:
    with pytest.raises(BrokerProbeError, match=r"cannot be reached|does not answer|refused us"):
        shake_hands(address(by_certificate, "TLS-1", "secret-1"), authority(by_certificate).certificate_file)


def test_a_certificate_is_made_anew_only_when_its_names_change(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    first = authority.server(("mqtt.example", "10.0.0.1")).certificate.read_bytes()

    assert authority.server(("mqtt.example", "10.0.0.1")).certificate.read_bytes() == first
    assert authority.server(("mqtt.example",)).certificate.read_bytes() != first
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0
    ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))


def test_a_key_that_does_not_belong_is_refused(tmp_path: Path) -> None:
    one, other = (Authority(tmp_path / name).server(("a.example",)) for name in "ab")

    assert given(one.authority, one.certificate, one.key) == one
    with pytest.raises(CertificateError, match="not that of"):
        given(one.authority, one.certificate, other.key)


def test_what_configure_writes_starts_and_keeps_its_passwords(
    paths: LocalPaths, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = paths.data / "production"
    port = remembered_port(paths.data, "production")
    arguments = [
        "broker", "configure", "--out", str(folder), "--host", "127.0.0.1", "--installed", str(folder),
        "--plugin", str(engines.mosquitto_dynamic_security), "--tls-port", str(port),
    ]  # fmt: skip
    written = CliRunner().invoke(app, arguments)
    assert written.exit_code == 0, written.output
    passwords = (folder / "passwords.json").read_text()

    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (folder / "passwords.json").read_text() == passwords
    with started(paths, engines, folder, port):
        there = BrokerAddress(
            "127.0.0.1", port, True, "ingest", SecretFile(folder / "passwords.json").get("ingest")
        )
        handshake = shake_hands(there, folder / "tls" / "ca.crt")
    assert (handshake.retain_available, handshake.maximum_packet_bytes) == (False, 65_536)


@contextmanager
def started(paths: LocalPaths, engines: Engines, folder: Path, port: int) -> Iterator[Child]:
    """The written configuration, with its plain port and store moved to where this test may have them."""
    account = engine_account()
    store = folder / "store"
    store.mkdir()
    file = folder / "mosquitto.conf"
    plain = remembered_port(paths.data, "production-plain")
    text = file.read_text().replace("listener 1883", f"listener {plain}")
    file.write_text(text.replace("/var/lib/mosquitto/", f"{store}/"))
    if not account.is_current:
        for one in (folder, *folder.rglob("*")):
            os.chown(one, account.uid, account.gid)
    spec = ServiceSpec(
        name="production",
        argv=(str(engines.mosquitto), "-c", str(file)),
        env=engine_environment(),
        ready=lambda: accepts_connections(port),
        account=account,
    )
    child = start(spec, paths.logs)
    try:
        child.wait_ready()
        yield child
    finally:
        child.stop()


def test_our_own_processes_have_a_door_beside_that_for_certificates() -> None:
    text = BrokerFiles(Path("unused"), (), client_certificates=True).configuration().text()

    terminals, services = text.split("\nlistener ")[1:3]
    assert terminals.startswith("8883")
    assert "use_username_as_clientid true" in terminals
    assert services.startswith("8884")
    assert "require_certificate" not in services


def test_the_shipped_file_is_what_configure_writes() -> None:
    configuration: BrokerConfiguration = BrokerFiles(Path("unused"), ()).configuration()

    assert SHIPPED.read_text() == SHIPPED_HEADER + configuration.text()
