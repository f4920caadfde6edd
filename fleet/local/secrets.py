from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SecretFile:
    """Generated passwords by name, in a file that only its owner reads."""

    path: Path

    def get(self, name: str) -> str:
        """The password called `name`, made up the first time it is asked for."""
        known = self._read()
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            self._write(known)
        return known[name]

    def put(self, name: str, value: str) -> None:
        known = self._read()
        if known.get(name) != value:
            self._write(known | {name: value})

    def terminal_password(self, terminal: str) -> str:
        """The broker password of a terminal that this stack enrols, derived from one secret."""
        secret = self.get("terminals").encode()
        return hmac.new(secret, terminal.encode(), hashlib.sha256).hexdigest()[:32]

    def _read(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return known

    def _write(self, known: dict[str, str]) -> None:
        fresh = self.path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(known, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self.path)
