"""Our own processes, each a command of `motorpool` with a database role and a broker user of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fleet.local.addresses import Addresses
from fleet.local.ingest_reading import GATEWAY_PORT_NAME, PORT_NAME, read_gateway
from fleet.local.ports import remembered_port
from fleet.local.service import ServiceSpec, answers_http, own_environment


@dataclass(frozen=True)
class OwnProcess:
    command: str
    database_role: str
    mqtt_user: str | None
    """At the broker; None for one that has no business there."""


KEY_HOLDERS = ("serve", "work")
"""Processes that know the key of which terminals' secrets are derived."""
OWN_PROCESSES = (
    OwnProcess("serve", "motorpool_api", "fleet"),
    OwnProcess("ingest", "motorpool_ingest", "ingest"),
    OwnProcess("gateway", "motorpool_ingest", None),
    OwnProcess("plan", "motorpool_planner", "fleet"),
    OwnProcess("supervise", "motorpool_supervision", "fleet"),
    OwnProcess("work", "motorpool_worker", "fleet"),
)


def own_services(addresses: Addresses) -> list[ServiceSpec]:
    return [_service(process, addresses) for process in OWN_PROCESSES]


def command_service(
    command: str, *arguments: str, environment: Mapping[str, str], name: str | None = None
) -> ServiceSpec:
    """A service that runs `motorpool COMMAND ARGUMENTS`; it counts as ready as soon as it runs."""
    return ServiceSpec(
        name=name or command,
        argv=(sys.executable, "-m", "fleet.cli", command, *arguments),
        env=own_environment(environment),
        ready=lambda: True,
    )


def process_environment(addresses: Addresses, process: OwnProcess) -> dict[str, str]:
    """Where the engines are and who this process is to them, as `MOTORPOOL_*` variables."""
    web = urlsplit(addresses.web)
    environment = {
        "MOTORPOOL_DATABASE_URL": addresses.database[process.database_role],
        "MOTORPOOL_VALHALLA_URL": addresses.valhalla,
        "MOTORPOOL_HTTP_HOST": web.hostname or "127.0.0.1",
        "MOTORPOOL_HTTP_PORT": str(web.port),
        "MOTORPOOL_CLOCK": addresses.clock,
        "MOTORPOOL_DATA_DIR": str(addresses.data),
        "MOTORPOOL_CACHE_DIR": str(addresses.cache),
        "MOTORPOOL_STORAGE_DIR": str(addresses.data / "attachments"),
    }
    if process.mqtt_user is not None:
        environment["MOTORPOOL_MQTT_URL"] = addresses.mqtt_url(process.mqtt_user)
    if process.command == "ingest":
        port = str(remembered_port(addresses.data, PORT_NAME))
        environment["MOTORPOOL_METRICS_PORT"] = os.environ.get("MOTORPOOL_METRICS_PORT", port)
    if process.command == "gateway":
        environment["MOTORPOOL_GATEWAY_PORT"] = addresses.gateway.rpartition(":")[2]
        environment["MOTORPOOL_METRICS_PORT"] = str(remembered_port(addresses.data, GATEWAY_PORT_NAME))
    if process.command in KEY_HOLDERS:
        environment["MOTORPOOL_CREDENTIAL_KEY"] = os.environ.get(
            "MOTORPOOL_CREDENTIAL_KEY", ""
        ) or addresses.secrets.get("credential-key")
    if addresses.basemap is not None:
        environment["MOTORPOOL_BASEMAP"] = str(addresses.basemap)
    return environment


def _service(process: OwnProcess, addresses: Addresses) -> ServiceSpec:
    return ServiceSpec(
        name=process.command,
        argv=(sys.executable, "-m", "fleet.cli", process.command),
        env=own_environment(process_environment(addresses, process)),
        ready=_readiness(process, addresses),
    )


def _readiness(process: OwnProcess, addresses: Addresses) -> Callable[[], bool]:
    """Who is connected to must listen; who connects to others does so when they are there."""
    match process.command:
        case "serve":
            return lambda: answers_http(f"{addresses.web}/readyz")
        case "gateway":
            return lambda: (reading := read_gateway(addresses.data)) is not None and reading.listening
        case _:
            return lambda: True
