"""PostgreSQL refuses to run as root, and no engine needs to: as root they run as `nobody`."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from fleet.local.errors import LocalServiceError


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        return self.uid == os.geteuid()


def current_account() -> Account:
    return Account(os.geteuid(), os.getegid())


def engine_account() -> Account:
    """The user that engines run as: ourselves, or `nobody` when we are root."""
    if os.geteuid() != 0:
        return current_account()
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def require_named(account: Account) -> None:
    """initdb looks its user up by name; a container may run us under a bare number."""
    try:
        pwd.getpwuid(account.uid)
    except KeyError:
        raise LocalServiceError(
            f"This user has the number {account.uid} but no name, which PostgreSQL needs.",
            f"Run as a user that has an entry in /etc/passwd, or add one for {account.uid}.",
        ) from None


def private_folder(path: Path, account: Account) -> Path:
    """A folder only `account` can enter (0700), every parent of which it can pass through."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_reachable(path.parent, account, "MOTORPOOL_DATA_DIR")
    if not account.is_current:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)
    return path


def hand_over(path: Path, account: Account) -> None:
    """Give a file to `account`, which alone may read it."""
    path.chmod(0o600)
    if not account.is_current:
        os.chown(path, account.uid, account.gid)


def launcher(account: Account, death_signal: str) -> list[str]:
    """Argv prefix that drops to `account` and has the kernel signal the child when its parent dies."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LocalServiceError(
            "The program 'setpriv' is missing; it keeps child processes from outliving the stack.",
            "Install the package util-linux.",
        )
    argv = [setpriv, "--pdeathsig", death_signal]
    if not account.is_current:
        argv += ["--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups"]
    return [*argv, "--"]


def require_reachable(path: Path, account: Account, variable: str) -> None:
    """`account` can pass through every folder down to `path`; if not, say which setting moves it."""
    if account.is_current:
        return
    for folder in (path, *path.parents):
        status = folder.stat()
        needed = stat.S_IXUSR if status.st_uid == account.uid else stat.S_IXOTH
        if not status.st_mode & needed:
            raise LocalServiceError(
                f"As root the engines run as the user 'nobody', who cannot pass through {folder}.",
                f"chmod o+x {folder}, or point {variable} at a folder everybody can reach.",
            )
