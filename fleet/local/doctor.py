"""Looks at the machine without changing it: what is there, what will be used, how to get what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from fleet.local import apt
from fleet.local.account import engine_account, require_named
from fleet.local.architecture import this_architecture
from fleet.local.engines import FETCH_BYTES, cached_engines
from fleet.local.errors import LocalServiceError
from fleet.local.paths import DATA_BYTES, LocalPaths
from fleet.local.plan import configured_engines
from fleet.local.ports import WEB_PORT, is_free
from fleet.local.state import StackFile
from ingest.broker_check import examine_broker, worst_first
from ingest.errors import IngestError
from ingest.settings import IngestSettings

Verdict = Literal["good", "warning", "problem"]
TIMEZONE = Path("/usr/share/zoneinfo/Asia/Shanghai")


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `remedy` is empty when there is nothing to do."""

    subject: str
    verdict: Verdict
    found: str
    remedy: str = ""


def examine(paths: LocalPaths) -> list[Finding]:
    """Everything that decides whether and how `motorpool up` works here."""
    findings = [_python(), _processor(), *_programs(), _timezone(), *_folders(paths), *_engines(paths)]
    return [*findings, *_configured(), _web_port(paths), _gateway_port(paths), _browser()]


def _python() -> Finding:
    return Finding("python", "good", f"{platform.python_version()} at {sys.executable}")


def _processor() -> Finding:
    found = f"{platform.machine()}, {os.cpu_count()} cores"
    return _attempt("processor", lambda: (this_architecture(), found)[1])


def _programs() -> Iterator[Finding]:
    for program, package in (("setpriv", "util-linux"), ("apt-get", "apt"), ("dpkg-deb", "dpkg")):
        path = shutil.which(program)
        if path:
            yield Finding(program, "good", path)
        else:
            yield Finding(program, "problem", "missing", f"Install the package {package}.")


def _timezone() -> Finding:
    if TIMEZONE.exists():
        return Finding("time zones", "good", str(TIMEZONE.parent.parent))
    return Finding("time zones", "problem", "the database needs Asia/Shanghai", "Install the package tzdata.")


def _folders(paths: LocalPaths) -> Iterator[Finding]:
    yield _folder("cache folder", paths.cache, FETCH_BYTES, "MOTORPOOL_CACHE_DIR")
    yield _folder("data folder", paths.data, DATA_BYTES, "MOTORPOOL_DATA_DIR")
    yield _attempt("engines run as", _engine_user)


def _engine_user() -> str:
    account = engine_account()
    require_named(account)
    return "this user" if account.is_current else f"nobody (uid {account.uid})"


def _folder(subject: str, path: Path, needed: int, variable: str) -> Finding:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    found = f"{path}, {free / 2**30:.1f} GB free"
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding(
            subject, "problem", f"{found}, not writable", f"Point {variable} at a folder you may write."
        )
    if free < needed:
        remedy = f"Free some space ({needed // 2**20} MB are needed) or point {variable} at a larger disk."
        return Finding(subject, "problem", found, remedy)
    return Finding(subject, "good", found)


def _engines(paths: LocalPaths) -> Iterator[Finding]:
    try:
        engines = cached_engines(paths)
    except LocalServiceError:
        return
    if engines is None:
        yield Finding("engines", "warning", "not fetched yet", "`motorpool up` fetches them, about 120 MB.")
        yield _attempt("debian mirror", _reachable_mirror)
        return
    for name, version in engines.versions.items():
        yield Finding(name, "good", f"{version}, cached")
    mirror = _attempt("debian mirror", _reachable_mirror)
    if mirror.verdict == "problem":
        mirror = replace(mirror, verdict="warning", remedy="Not needed while the engines are cached.")
    yield mirror


def _reachable_mirror() -> str:
    mirror = apt.find_mirror()
    address = f"{mirror.rstrip('/')}/dists/{apt.SUITE}/InRelease"
    if not mirror.startswith(("http://", "https://")):
        return mirror
    try:
        urlopen(address, timeout=5).close()  # noqa: S310 - the scheme was checked
    except (URLError, OSError) as error:
        raise LocalServiceError(f"{address} cannot be reached ({error})", apt.REMEDY_MIRROR) from error
    return f"{mirror}, suite {apt.SUITE}"


def _configured() -> Iterator[Finding]:
    configured = configured_engines()
    yield _service("MOTORPOOL_DATABASE_URL", configured.database, "a private TimescaleDB", 5432)
    yield _service("MOTORPOOL_MQTT_URL", configured.mqtt, "a private Mosquitto", 1883)
    if configured.mqtt:
        yield from _broker()
    yield _service(
        "MOTORPOOL_VALHALLA_URL", configured.valhalla, "a private Valhalla over --osm or the demo's city", 80
    )


def _service(variable: str, url: str, instead: str, default_port: int) -> Finding:
    if not url:
        return Finding(variable, "good", f"not set: {instead} will be used")
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or default_port
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        return Finding(
            variable, "problem", f"{host}:{port} does not answer ({error})", f"Start it, or unset {variable}."
        )
    return Finding(variable, "good", f"{host}:{port} answers and will be used")


def _broker() -> Iterator[Finding]:
    """Whether the broker that the user runs would drop messages."""
    try:
        observations = worst_first(examine_broker(IngestSettings()))
    except IngestError as error:
        yield Finding("MOTORPOOL_MQTT_URL", "problem", str(error), "Correct it.")
        return
    for one in observations:
        yield Finding(one.subject, one.verdict, one.found, one.remedy)


def _web_port(paths: LocalPaths) -> Finding:
    reading = StackFile(paths.data).read()
    if reading is not None and StackFile(paths.data).is_running():
        return Finding("web port", "good", f"Motorpool runs at {reading.url}")
    if is_free(WEB_PORT):
        return Finding("web port", "good", f"{WEB_PORT} is free")
    return Finding(
        "web port", "warning", f"{WEB_PORT} is taken", "The next free one is used, or choose with --port."
    )


def _gateway_port(paths: LocalPaths) -> Finding:
    subject, asked = "JT/T 808 port", os.environ.get("MOTORPOOL_GATEWAY_PORT", "")
    reading = StackFile(paths.data).read()
    services = [service.name for service in reading.services] if reading else []
    if reading is not None and "gateway" in services and StackFile(paths.data).is_running():
        return Finding(subject, "good", f"terminals connect to {reading.addresses['gateway']}")
    if not asked:
        found = "MOTORPOOL_GATEWAY_PORT is not set: a free one is chosen and kept"
        return Finding(subject, "good", found)
    if not (asked.isdecimal() and int(asked) < 65536):
        return Finding(subject, "problem", f"{asked!r} is no port", "Set MOTORPOOL_GATEWAY_PORT to a number.")
    if is_free(int(asked)):
        return Finding(subject, "good", f"{asked} is free")
    return Finding(
        subject, "problem", f"{asked} is taken", "Set MOTORPOOL_GATEWAY_PORT to another one, or unset it."
    )


def _browser() -> Finding:
    path = shutil.which("chromium")
    if path:
        return Finding("chromium", "good", f"{path} (browser tests)")
    return Finding(
        "chromium", "warning", "missing: browser tests are skipped", "Install the package chromium."
    )


def _attempt(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, "good", look())
    except LocalServiceError as error:
        return Finding(subject, "problem", error.detail, error.remedy)
