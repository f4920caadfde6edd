"""Brokers to use up for a benchmark: one open to all, one with TLS, passwords and access rules."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from fleet.broker.configuration import MAX_PACKET_BYTES, MAX_QUEUED_BYTES, NO_MESSAGE_LIMIT
from fleet.local import dynsec
from fleet.local.account import engine_account, hand_over, private_folder
from fleet.local.dynsec import Credential
from fleet.local.engines import Engines, ensure_engines
from fleet.local.paths import local_paths
from fleet.local.ports import remembered_port
from fleet.local.progress import Steps
from fleet.local.service import ServiceSpec, accepts_connections, engine_environment, start

USERS = ("ingest", "gateway")
"""Who stores, and who may publish for every terminal: the load."""


@dataclass(frozen=True)
class ScratchBrokers:
    """Where they listen, and their processes. The secured one is missing where no certificate can be made."""

    url: str
    pid: int
    secured: dict[str, str] | None = None
    """mqtts:// of `ingest` and `gateway`."""
    secured_pid: int = 0
    ca_file: Path | None = None


@contextmanager
def scratch_brokers(steps: Steps) -> Iterator[ScratchBrokers]:
    """Call it from the main thread. Raises LocalServiceError."""
    engines = ensure_engines(local_paths(), steps)
    folder = Path(tempfile.mkdtemp(prefix="motorpool-broker-"))
    folder.chmod(0o755)  # the engine may run as another user
    try:
        with _running(_open(folder, engines), folder, steps) as (port, pid):
            brokers = ScratchBrokers(f"mqtt://127.0.0.1:{port}", pid)
            if shutil.which("openssl") is None:
                yield brokers
                return
            users = tuple(Credential(user, secrets.token_urlsafe(24)) for user in USERS)
            with _running(_secured(folder, engines, users), folder, steps) as (tls_port, tls_pid):
                urls = {u.username: f"mqtts://{u.username}:{u.password}@127.0.0.1:{tls_port}" for u in users}
                yield replace(brokers, secured=urls, secured_pid=tls_pid, ca_file=folder / "ca.pem")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(broker: tuple[int, ServiceSpec], folder: Path, steps: Steps) -> Iterator[tuple[int, int]]:
    port, spec = broker
    child = start(spec, folder)
    try:
        with steps.step(f"scratch {spec.name}"):
            child.wait_ready()
        yield port, child.pid
    finally:
        child.stop()


def _open(folder: Path, engines: Engines) -> tuple[int, ServiceSpec]:
    port = remembered_port(folder, "open")
    return port, _service("open", folder, engines, port, "allow_anonymous true\n", {})


def _secured(folder: Path, engines: Engines, users: tuple[Credential, ...]) -> tuple[int, ServiceSpec]:
    port, own = remembered_port(folder, "secured"), folder / "secured"
    certify(folder)
    document = dynsec.reconcile(dynsec.Document(), users, ())
    files = {
        "dynamic-security.json": msgspec.json.encode(document),
        "certificate.pem": (folder / "ca.pem").read_bytes(),
        "key.pem": (folder / "key.pem").read_bytes(),
    }
    lines = (
        f"certfile {own}/certificate.pem\nkeyfile {own}/key.pem\nallow_anonymous false\n"
        f"plugin {engines.mosquitto_dynamic_security}\nplugin_opt_config_file {own}/dynamic-security.json\n"
    )
    return port, _service("secured", folder, engines, port, lines, files)


def certify(folder: Path) -> None:
    """A certificate for 127.0.0.1 that vouches for itself: ca.pem and key.pem."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=motorpool-bench", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def _service(
    name: str, folder: Path, engines: Engines, port: int, lines: str, files: dict[str, bytes]
) -> ServiceSpec:
    account, own = engine_account(), folder / name

    def prepare() -> None:
        private_folder(own, account)
        private_folder(own / "store", account)
        for file, content in {**files, "mosquitto.conf": _configuration(port, own, lines).encode()}.items():
            (own / file).write_bytes(content)
            hand_over(own / file, account)

    return ServiceSpec(
        name=f"broker-{name}",
        argv=(str(engines.mosquitto), "-c", str(own / "mosquitto.conf")),
        env=engine_environment(),
        ready=lambda: accepts_connections(port),
        account=account,
        prepare=prepare,
        stop_signal=signal.SIGTERM,
    )


def _configuration(port: int, own: Path, lines: str) -> str:
    """The limits of the broker that is shipped."""
    return f"""listener {port} 127.0.0.1
{lines}persistence true
persistence_location {own}/store/
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
connection_messages false
"""
