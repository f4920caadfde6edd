"""A private Valhalla over one OpenStreetMap extract; its tiles are built once per extract."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.local.account import Account, engine_account
from fleet.local.engines import VALHALLA_VERSION, Engines
from fleet.local.errors import ServiceFailedError
from fleet.local.ports import remembered_port
from fleet.local.service import ServiceSpec, answers_http, engine_environment

MAX_MATRIX_PAIRS = 250_000


@dataclass(frozen=True)
class ValhallaService:
    """`tiles` is a folder made by `build_tiles`."""

    tiles: Path
    config: Path
    engines: Engines
    port: int
    account: Account
    workers: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def service(self) -> ServiceSpec:
        return ServiceSpec(
            name="routing",
            argv=(str(self.engines.valhalla_bin / "valhalla_service"), str(self.config), str(self.workers)),
            env=engine_environment(),
            ready=lambda: answers_http(f"{self.url}/status"),
            account=self.account,
            prepare=self._prepare,
            stop_seconds=5,
            logs_requests=True,
        )

    def _prepare(self) -> None:
        config = _base_config(self.engines, self.tiles)
        config["httpd"]["service"].update(
            listen=f"tcp://127.0.0.1:{self.port}",
            loopback=self._channel("loopback"),
            interrupt=self._channel("interrupt"),
            drain_seconds=1,
            shutdown_seconds=1,
        )
        for stage in ("loki", "thor", "odin", "meili"):
            config[stage]["service"]["proxy"] = self._channel(stage)
        self.config.write_text(json.dumps(config))
        self.config.chmod(0o644)

    def _channel(self, stage: str) -> str:
        # Abstract sockets: two services on one machine do not meet, and no path is too long.
        return f"ipc://@motorpool-routing-{self.port}-{stage}"


def local_valhalla(data: Path, tiles: Path, engines: Engines) -> ValhallaService:
    return ValhallaService(
        tiles=tiles,
        config=data / "valhalla.json",
        engines=engines,
        port=remembered_port(data, "routing"),
        account=engine_account(),
        workers=max(2, min(os.cpu_count() or 2, 8)),
    )


def tiles_folder(cache: Path, extract: Path) -> Path:
    """Where the tiles of this very extract, built by this very version, are kept."""
    return cache / "tiles" / f"valhalla-{VALHALLA_VERSION}-{extract_digest(extract)}"


def build_tiles(cache: Path, extract: Path, engines: Engines) -> Path:
    """Build the routing tiles of an OpenStreetMap PBF; returns at once if they are there."""
    home = tiles_folder(cache, extract)
    if home.exists():
        return home
    staging = home.with_name(f"{home.name}.{os.getpid()}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    config_file = staging.with_suffix(".json")
    config_file.write_text(json.dumps(_base_config(engines, staging)))
    done = subprocess.run(
        [str(engines.valhalla_bin / "valhalla_build_tiles"), "-c", str(config_file), str(extract)],
        env=engine_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    config_file.unlink()
    if done.returncode != 0 or not any(staging.rglob("*.gph")):
        shutil.rmtree(staging, ignore_errors=True)
        raise ServiceFailedError(
            f"Valhalla cannot build tiles from {extract}: {(done.stderr or done.stdout).strip()[-400:]}",
            "Check that it is an OpenStreetMap extract (.osm.pbf) with roads, and that the disk is not full.",
        )
    _publish(staging, home)
    return home


def extract_digest(extract: Path) -> str:
    with extract.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _publish(staging: Path, home: Path) -> None:
    try:
        staging.rename(home)
    except OSError:  # another process was first; its tiles are the same
        shutil.rmtree(staging, ignore_errors=True)


def _base_config(engines: Engines, tiles: Path) -> dict[str, Any]:
    """The configuration made by the script of the same version: another version's makes the service abort."""
    argv = [sys.executable, str(engines.valhalla_config_script), "--mjolnir-tile-dir", str(tiles)]
    config: dict[str, Any] = json.loads(
        subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    )
    mjolnir = config["mjolnir"]
    for unused in ("tile_extract", "traffic_extract", "admin", "landmarks", "timezone"):
        mjolnir[unused] = ""
    mjolnir.update(transit_dir="", transit_feeds_dir="", concurrency=2)
    config["additional_data"]["elevation"] = ""
    config["thor"]["source_to_target_algorithm"] = (
        "costmatrix"  # timedistancematrix answers null for some pairs
    )
    limits = config["service_limits"]
    limits["auto"].update(max_locations=1_000, max_matrix_location_pairs=MAX_MATRIX_PAIRS)
    limits["trace"]["max_shape"] = 100_000
    for section in (config, mjolnir, *(config[stage] for stage in ("loki", "thor", "odin", "meili"))):
        section["logging"] = {**section.get("logging", {}), "type": ""}
    return config
