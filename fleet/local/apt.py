"""Debian 13 packages through the machine's own apt configuration, without touching the system.

apt runs with private state, lists, cache and source list; mirrors, proxies, credentials and keyrings stay
those of the machine, so signatures are checked and a site's own mirror is used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from fleet.local.architecture import REMEDY_OWN_ENGINES, Architecture
from fleet.local.errors import EngineUnavailableError

SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
REMEDY_MIRROR = (
    "Check the network and the mirror in /etc/apt, or set MOTORPOOL_DEBIAN_MIRROR to a Debian mirror "
    f"that carries the suite '{SUITE}'. " + REMEDY_OWN_ENGINES
)


@dataclass(frozen=True)
class Package:
    """One archive file as apt would fetch it; `size` in bytes."""

    name: str
    version: str
    size: int


@dataclass(frozen=True)
class PrivateApt:
    """apt confined to `root`, with the machine's mirror and the suite that carries our engines."""

    root: Path
    mirror: str
    architecture: Architecture

    def prepare(self) -> None:
        for folder in ("state", "lists/partial", "cache/archives/partial", "debs"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        (self.root / "sources.list").write_text(self._source())
        (self.root / "apt.conf").write_text(self._configuration())

    def update(self) -> None:
        """Fetch the package index of the suite."""
        self._run("update", "-qq", "--error-on=any")

    def plan(self, wanted: tuple[str, ...]) -> list[Package]:
        """What `wanted` needs, all the way down to the C library."""
        listing = self._run("install", "--print-uris", "-qq", "--no-install-recommends", *wanted)
        return [_parse_uri(line) for line in listing.splitlines() if line.startswith("'")]

    def download(self, packages: list[Package], share_done: Callable[[float], None]) -> Path:
        """Fetch `packages` (checked against the signed index) and return the folder they are in."""
        folder = self.root / "debs"
        total = sum(package.size for package in packages) or 1
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                self._argv("download", "-qq", *(f"{package.name}={package.version}" for package in packages)),
                cwd=folder,
                env=_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            while process.poll() is None:
                share_done(sum(file.stat().st_size for file in folder.iterdir()) / total)
                time.sleep(0.1)
            if process.returncode != 0:
                output.seek(0)
                raise _apt_error("download", output.read())
        return folder

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            self._argv(*arguments), env=_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise _apt_error(arguments[0], done.stderr)
        return done.stdout

    def _argv(self, *arguments: str) -> list[str]:
        return ["apt-get", "-c", str(self.root / "apt.conf"), *arguments]

    def _source(self) -> str:
        options = f"arch={self.architecture.debian}"
        if KEYRING.exists():
            options += f" signed-by={KEYRING}"
        return f"deb [{options}] {self.mirror} {SUITE} main\n"

    def _configuration(self) -> str:
        root = self.root
        return f"""
Dir::State "{root}/state";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{self.architecture.debian}";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


def find_mirror() -> str:
    """The Debian mirror this machine is configured with."""
    configured = os.environ.get("MOTORPOOL_DEBIAN_MIRROR")
    if configured:
        return configured
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise EngineUnavailableError(
            "This machine has no apt, which the local engines come through.", REMEDY_OWN_ENGINES
        )
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)|$(COMPONENT)", "Created-By: Packages"],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    mirrors = [
        uri
        for uri, _, component in (line.partition("|") for line in listing.splitlines())
        if component == "main"
    ]
    for uri in mirrors:
        if re.search(r"/debian/?$", uri):
            return uri
    raise EngineUnavailableError("apt is configured without a Debian mirror.", REMEDY_MIRROR)


def unpack(archive: Path, tree: Path) -> None:
    done = subprocess.run(
        ["dpkg-deb", "-x", str(archive), str(tree)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise EngineUnavailableError(
            f"{archive.name} cannot be unpacked: {done.stderr.strip()}",
            "If the disk is full, free some space; else delete the cache folder and try again.",
        )


def _parse_uri(line: str) -> Package:
    """A line of `--print-uris`: 'uri' name_version_arch.deb size hash."""
    _, filename, size, *_ = line.split()
    name, version, _ = filename.rsplit("_", 2)
    return Package(name=name, version=unquote(version), size=int(size))


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _apt_error(action: str, output: str) -> EngineUnavailableError:
    lines = [line for line in output.splitlines() if line.startswith(("E:", "W:", "Err:"))]
    return EngineUnavailableError(
        f"apt-get {action} failed: {' '.join(lines[-2:]) or output.strip()[-300:]}", REMEDY_MIRROR
    )
