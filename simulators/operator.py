"""The one thing that cannot be done over the network: the first administrator."""

from __future__ import annotations

import os
import subprocess
import sys

from simulators.errors import SimulatorError


def create_administrator(
    database_url: str, *, login: str, organisation: str, password: str, clock: str
) -> None:
    """Create an administrator as an operator would; one that exists is left alone."""
    done = subprocess.run(
        [sys.executable, "-m", "fleet.cli", "admin", "create",
         "--login", login, "--organisation", organisation],
        env={
            **os.environ,
            "MOTORPOOL_DATABASE_URL": database_url,
            "MOTORPOOL_ADMIN_PASSWORD": password,
            "MOTORPOOL_CLOCK": clock,
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0 and "exists" not in done.stderr:
        raise SimulatorError(f"the first administrator could not be created: {done.stderr.strip()}")
