"""The base map: one PMTiles file per OpenStreetMap extract, made by tilemaker and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from fleet.local.engines import Engines
from fleet.local.errors import ServiceFailedError
from fleet.local.service import engine_environment
from fleet.local.valhalla import extract_digest

RECIPE = Path(__file__).parent / "basemap"


def basemap_file(cache: Path, extract: Path) -> Path:
    """Where the base map of this very extract, drawn by this very recipe, is kept."""
    return cache / "tiles" / f"basemap-{_recipe_digest()}-{extract_digest(extract)}.pmtiles"


def build_basemap(cache: Path, extract: Path, engines: Engines) -> Path:
    """Draw the base map of an OpenStreetMap PBF; returns at once if it is there."""
    home = basemap_file(cache, extract)
    if home.exists():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    staging = home.with_name(f"{home.stem}.{os.getpid()}.pmtiles")
    argv = [str(engines.tilemaker), "--input", str(extract), "--output", str(staging)]
    argv += ["--config", str(RECIPE / "config.json"), "--process", str(RECIPE / "process.lua")]
    done = subprocess.run(
        argv, env=engine_environment(), cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or not staging.exists():
        staging.unlink(missing_ok=True)
        raise ServiceFailedError(
            f"tilemaker cannot draw a base map from {extract}: {(done.stderr or done.stdout).strip()[-400:]}",
            "Check that the file is an OpenStreetMap extract (.osm.pbf) and that the disk is not full.",
        )
    staging.chmod(0o644)
    staging.rename(home)
    return home


def _recipe_digest() -> str:
    digest = hashlib.sha256()
    for name in ("config.json", "process.lua"):
        digest.update((RECIPE / name).read_bytes())
    return digest.hexdigest()[:8]
