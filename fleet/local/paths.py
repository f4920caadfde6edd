from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fleet.local.errors import LocalServiceError

DATA_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True)
class LocalPaths:
    """Where engines are unpacked (`cache`, can be deleted at any time) and where data lives (`data`)."""

    cache: Path
    data: Path

    @property
    def logs(self) -> Path:
        return self.data / "logs"


def local_paths(data_dir: Path | None = None, cache_dir: Path | None = None) -> LocalPaths:
    """Root uses system folders, because an unprivileged engine process must be able to reach them."""
    home = Path.home()
    if os.geteuid() == 0:
        cache, data = Path("/var/cache/motorpool"), Path("/var/lib/motorpool")
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "motorpool"
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "motorpool"
    cache = cache_dir or _from_env("MOTORPOOL_CACHE_DIR") or cache
    data = data_dir or _from_env("MOTORPOOL_DATA_DIR") or data
    return LocalPaths(cache=cache.absolute(), data=data.absolute())


def demo_paths(data_dir: Path | None = None) -> LocalPaths:
    """Where a demo keeps its data: beside the real ones, never among them."""
    return local_paths(data_dir or local_paths().data / "demo")


def _from_env(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).expanduser() if value else None


def make_folder(path: Path, variable: str) -> Path:
    """Create `path`, or say which setting moves it elsewhere."""
    try:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalServiceError(
            f"The folder {path} cannot be created ({error.strerror}).",
            f"Make it writable for this user, or point {variable} at a folder that is.",
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise LocalServiceError(
            f"The folder {path} is not writable for this user.",
            f"Make it writable, or point {variable} at a folder that is.",
        )
    return path


def require_space(path: Path, needed: int, variable: str) -> None:
    """Refuse to start what would fill the disk half way."""
    status = os.statvfs(path)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise LocalServiceError(
            f"{path} has {free // 2**20} MB free; {needed // 2**20} MB are needed.",
            f"Free some space, or point {variable} at a larger disk.",
        )
