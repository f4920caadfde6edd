"""Settings for a command typed on the machine where a stack runs."""

from __future__ import annotations

import os

from pydantic import SecretStr

from fleet.local.secrets import SecretFile
from fleet.local.state import StackFile, running_paths
from fleet.settings import Settings


def settings_here() -> Settings:
    """Those of the environment; where it names no database and a stack runs here, the stack's own."""
    paths = running_paths()
    if "MOTORPOOL_DATABASE_URL" in os.environ or not StackFile(paths.data).is_running():
        return Settings()
    secrets = SecretFile(paths.data / "secrets.json")
    reading = StackFile(paths.data).read()
    key = os.environ.get("MOTORPOOL_CREDENTIAL_KEY") or secrets.get("credential-key")
    return Settings(
        database_url=SecretStr(secrets.get("database_url")),
        credential_key=SecretStr(key),
        clock=os.environ.get("MOTORPOOL_CLOCK") or (reading.clock if reading else "") or "real",
    )
