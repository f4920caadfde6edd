"""Makes programs of an unpacked Debian tree run where they stand, with the libraries beside them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fleet.local.architecture import REMEDY_OWN_ENGINES, Architecture
from fleet.local.errors import EngineUnavailableError


@dataclass(frozen=True)
class Relocation:
    """`staging` is where the tree is now, `home` where it will stand when it runs."""

    staging: Path
    home: Path
    architecture: Architecture

    def patch(self, program: Path) -> None:
        """Point interpreter and RPATH of `program` (relative to the tree) into the tree's home.

        RPATH and not RUNPATH: it also serves the libraries of libraries and of loaded plug-ins.
        """
        argv = [
            _patchelf(),
            "--set-interpreter",
            str(self.home / "usr/lib" / self.architecture.triplet / self.architecture.loader),
            "--force-rpath",
            "--set-rpath",
            ":".join(str(self.home / folder) for folder in self._library_folders()),
            str(self.staging / program),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise EngineUnavailableError(
                f"patchelf failed on {program}: {done.stderr.strip()}", REMEDY_OWN_ENGINES
            )

    def check(self, binary: Path) -> None:
        """Every library `binary` needs is found, and inside the tree."""
        loader = self.staging / "usr/lib" / self.architecture.triplet / self.architecture.loader
        folders = ":".join(str(self.staging / folder) for folder in self._library_folders())
        done = subprocess.run(
            [str(loader), "--inhibit-cache", "--library-path", folders, "--list", str(self.staging / binary)],
            capture_output=True,
            text=True,
            check=False,
        )
        missing = [line.split()[0] for line in done.stdout.splitlines() if "not found" in line]
        if done.returncode != 0 or missing:
            raise EngineUnavailableError(
                f"{binary.name} does not run here: {', '.join(missing) or done.stderr.strip()}",
                REMEDY_OWN_ENGINES,
            )

    def _library_folders(self) -> tuple[str, ...]:
        return (f"usr/lib/{self.architecture.triplet}", "usr/lib/postgresql/17/lib")


def _patchelf() -> str:
    beside_python = Path(sys.executable).with_name("patchelf")
    found = str(beside_python) if beside_python.exists() else shutil.which("patchelf")
    if found is None:
        raise EngineUnavailableError(
            "The program 'patchelf' is missing.", "Reinstall motorpool: it is one of its dependencies."
        )
    return found
