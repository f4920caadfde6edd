"""Decides which engines to start here and which the user runs, and builds what they need beforehand."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fleet.local.dynsec import Credential
from fleet.local.engines import ensure_engines
from fleet.local.errors import LocalServiceError
from fleet.local.mosquitto import MosquittoBroker, local_broker
from fleet.local.paths import LocalPaths
from fleet.local.postgres import PostgresServer, local_postgres
from fleet.local.progress import Steps
from fleet.local.secrets import SecretFile
from fleet.local.service import ServiceSpec
from fleet.local.tilemaker import build_basemap
from fleet.local.valhalla import ValhallaService, build_tiles, local_valhalla


@dataclass(frozen=True)
class Configured:
    """Engines that the user runs; empty where one is to be started here."""

    database: str
    mqtt: str
    valhalla: str
    basemap: str


def configured_engines() -> Configured:
    return Configured(
        database=os.environ.get("MOTORPOOL_DATABASE_URL", ""),
        mqtt=os.environ.get("MOTORPOOL_MQTT_URL", ""),
        valhalla=os.environ.get("MOTORPOOL_VALHALLA_URL", ""),
        basemap=os.environ.get("MOTORPOOL_BASEMAP", ""),
    )


@dataclass(frozen=True)
class Plan:
    """The engines to start here; None stands for one that the user runs."""

    configured: Configured
    postgres: PostgresServer | None
    broker: MosquittoBroker | None
    valhalla: ValhallaService | None
    basemap: Path | None

    def services(self) -> list[ServiceSpec]:
        engines = (self.postgres, self.broker, self.valhalla)
        return [engine.service() for engine in engines if engine is not None]


def find_extract(asked: Path | None, last_used: str | None, configured: Configured) -> Path | None:
    """The OpenStreetMap extract to run over: what was asked for, or that of the last run."""
    extract = asked or (Path(last_used) if last_used else None)
    if extract is None and not configured.valhalla:
        raise LocalServiceError(
            "No road network was given.",
            "Give an OpenStreetMap extract with --osm FILE, set MOTORPOOL_VALHALLA_URL, "
            "or run `motorpool demo`, which generates a city.",
        )
    if extract is not None and not extract.is_file():
        raise LocalServiceError(
            f"There is no file {extract}.", "Give an OpenStreetMap extract with --osm FILE."
        )
    return extract.absolute() if extract else None


def make_plan(paths: LocalPaths, extract: Path | None, terminals: Iterable[str], steps: Steps) -> Plan:
    """Fetch the engines and build tiles and base map; nothing runs yet.

    Where the user runs everything, nothing is fetched.
    """
    configured = configured_engines()
    basemap = Path(configured.basemap) if configured.basemap else None
    if configured.database and configured.mqtt and configured.valhalla and (basemap or extract is None):
        return Plan(configured, None, None, None, basemap)
    engines = ensure_engines(paths, steps)
    secrets = SecretFile(paths.data / "secrets.json")
    postgres = broker = valhalla = None
    if not configured.database:
        postgres = local_postgres(paths.data, engines, secrets)
    if not configured.mqtt:
        credentials = tuple(Credential(name, secrets.terminal_password(name)) for name in terminals)
        broker = local_broker(paths.data, engines, secrets, credentials)
    if extract is not None and not configured.valhalla:
        with steps.step("road network"):
            valhalla = local_valhalla(paths.data, build_tiles(paths.cache, extract, engines), engines)
    if extract is not None and basemap is None:
        with steps.step("base map"):
            basemap = build_basemap(paths.cache, extract, engines)
    return Plan(configured, postgres, broker, valhalla, basemap)
