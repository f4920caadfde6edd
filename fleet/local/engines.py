"""The engines' binaries: fetched once, unpacked atomically, found again by every later start."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleet.local import apt
from fleet.local.account import engine_account, require_reachable
from fleet.local.architecture import REMEDY_OWN_ENGINES, Architecture, this_architecture
from fleet.local.errors import EngineUnavailableError
from fleet.local.paths import LocalPaths, make_folder, require_space
from fleet.local.progress import Steps
from fleet.local.relocate import Relocation

WANTED = ("postgresql-17", "postgresql-client-17", "postgresql-17-timescaledb", "mosquitto", "tilemaker")
UNUSED_LIBRARIES = (
    "libllvm",
    "libz3",
    "libperl",
    "libsemanage",
    "libpam-modules",
)  # jit is off, nobody logs in
POSTGRES_PROGRAMS = (
    "postgres",
    "initdb",
    "pg_ctl",
    "pg_dump",
    "pg_restore",
    "psql",
    "pg_basebackup",
    "pg_controldata",
)
POSTGRES_MODULES = ("timescaledb", "btree_gist", "ltree", "pgcrypto", "pg_trgm")
VALHALLA_VERSION = "3.9.1"
FETCH_BYTES = 1_200 * 1024 * 1024
RECIPE = (
    "1"  # raise it whenever what is fetched or patched changes, so caches of older versions are not reused
)


@dataclass(frozen=True)
class Engines:
    """Absolute paths of everything that can be started, and the versions found."""

    postgres_bin: Path
    mosquitto: Path
    mosquitto_dynamic_security: Path
    tilemaker: Path
    valhalla_bin: Path
    valhalla_config_script: Path
    versions: dict[str, str]


def ensure_engines(paths: LocalPaths, steps: Steps) -> Engines:
    """All engines, fetching what is not cached yet. Two processes never fetch at once."""
    architecture = this_architecture()
    make_folder(paths.cache, "MOTORPOOL_CACHE_DIR")
    require_reachable(paths.cache, engine_account(), "MOTORPOOL_CACHE_DIR")
    debian = _debian_home(paths, architecture)
    valhalla = _valhalla_home(paths, architecture)
    if not (_is_complete(debian) and _is_complete(valhalla)):
        with _exclusive(paths.cache / "fetch.lock", steps):
            require_space(paths.cache, FETCH_BYTES, "MOTORPOOL_CACHE_DIR")
            if not _is_complete(debian):
                _fetch_debian(debian, architecture, steps)
            if not _is_complete(valhalla):
                _fetch_valhalla(valhalla, architecture, steps)
    return _engines(debian, valhalla, architecture)


def cached_engines(paths: LocalPaths) -> Engines | None:
    """The engines if they are all cached, without fetching anything."""
    architecture = this_architecture()
    debian, valhalla = _debian_home(paths, architecture), _valhalla_home(paths, architecture)
    if not (_is_complete(debian) and _is_complete(valhalla)):
        return None
    return _engines(debian, valhalla, architecture)


def _debian_home(paths: LocalPaths, architecture: Architecture) -> Path:
    return paths.cache / f"engines-{apt.SUITE}-{architecture.debian}-{RECIPE}"


def _valhalla_home(paths: LocalPaths, architecture: Architecture) -> Path:
    return paths.cache / f"valhalla-{VALHALLA_VERSION}-{architecture.debian}-{RECIPE}"


def _is_complete(home: Path) -> bool:
    return (home / "manifest.json").exists()


def _engines(debian: Path, valhalla: Path, architecture: Architecture) -> Engines:
    manifest: dict[str, str] = json.loads((debian / "manifest.json").read_text())
    return Engines(
        postgres_bin=debian / "usr/lib/postgresql/17/bin",
        mosquitto=debian / "usr/sbin/mosquitto",
        mosquitto_dynamic_security=debian
        / "usr/lib"
        / architecture.triplet
        / "mosquitto_dynamic_security.so",
        tilemaker=debian / "usr/bin/tilemaker",
        valhalla_bin=valhalla / "valhalla/bin",
        valhalla_config_script=valhalla / "valhalla/valhalla_build_config.py",
        versions={
            "postgresql": manifest["postgresql-17"],
            "timescaledb": manifest["postgresql-17-timescaledb"],
            "mosquitto": manifest["mosquitto"],
            "tilemaker": manifest["tilemaker"],
            "valhalla": VALHALLA_VERSION,
        },
    )


def _fetch_debian(home: Path, architecture: Architecture, steps: Steps) -> None:
    with _staging(home) as staging:
        private = apt.PrivateApt(staging.with_name(staging.name + ".apt"), apt.find_mirror(), architecture)
        try:
            with steps.step("package index"):
                private.prepare()
                private.update()
                packages = [package for package in private.plan(WANTED) if _is_needed(package)]
            with steps.step("download PostgreSQL, TimescaleDB, Mosquitto, tilemaker") as share_done:
                archives = sorted(private.download(packages, share_done).glob("*.deb"))
            with steps.step("unpack") as share_done:
                _unpack_all(archives, staging, share_done)
                _relocate(Relocation(staging, home, architecture))
        finally:
            shutil.rmtree(private.root, ignore_errors=True)
        (staging / "manifest.json").write_text(json.dumps({p.name: p.version for p in packages}, indent=1))


def _is_needed(package: apt.Package) -> bool:
    if package.name in WANTED:
        return True
    is_library = package.name.startswith("lib") or package.name == "zlib1g"
    return is_library and not package.name.startswith(UNUSED_LIBRARIES) and not package.name.endswith("-perl")


def _unpack_all(archives: list[Path], staging: Path, share_done: Callable[[float], None]) -> None:
    for number, archive in enumerate(archives, start=1):
        apt.unpack(archive, staging)
        share_done(number / len(archives))


def _relocate(relocation: Relocation) -> None:
    postgres = Path("usr/lib/postgresql/17")
    programs = [postgres / "bin" / name for name in POSTGRES_PROGRAMS]
    programs += [Path("usr/sbin/mosquitto"), Path("usr/bin/tilemaker")]
    modules = [postgres / "lib" / f"{name}.so" for name in POSTGRES_MODULES]
    modules.append(Path("usr/lib") / relocation.architecture.triplet / "mosquitto_dynamic_security.so")
    for program in programs:
        relocation.patch(program)
    for binary in [*programs, *modules]:
        relocation.check(binary)


def _fetch_valhalla(home: Path, architecture: Architecture, steps: Steps) -> None:
    with _staging(home) as staging, tempfile.TemporaryDirectory(dir=home.parent) as download:
        with steps.step("download Valhalla"):
            wheel = _download_wheel(Path(download), architecture)
        with steps.step("unpack Valhalla"), zipfile.ZipFile(wheel) as archive:
            archive.extractall(staging)
        for program in (staging / "valhalla/bin").iterdir():
            program.chmod(0o755)
        (staging / "manifest.json").write_text(json.dumps({"pyvalhalla": VALHALLA_VERSION}))


def _download_wheel(folder: Path, architecture: Architecture) -> Path:
    """The wheel carries executables that need no particular Python."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    argv += ["--python-version", "3.12", "--platform", architecture.wheel_platform, "--dest", str(folder)]
    argv.append(f"pyvalhalla=={VALHALLA_VERSION}")
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        last_line = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise EngineUnavailableError(
            f"pip cannot download pyvalhalla {VALHALLA_VERSION}: {last_line}",
            "Check the network and pip's index settings. " + REMEDY_OWN_ENGINES,
        )
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if digest != architecture.valhalla_sha256:
        raise EngineUnavailableError(
            f"{wheels[0].name} is not the file that was verified (sha256 {digest}).",
            "Do not use this package index. " + REMEDY_OWN_ENGINES,
        )
    return wheels[0]


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder that becomes `home` only when everything in it is complete."""
    staging = home.with_name(home.name + ".part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        shutil.rmtree(home, ignore_errors=True)
        staging.rename(home)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _exclusive(lock: Path, steps: Steps) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with steps.step("wait for another process that is fetching the engines"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
