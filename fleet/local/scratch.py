"""A database to use up: private, with the schema in it, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import schemas.migrations
from fleet.local.engines import ensure_engines
from fleet.local.paths import local_paths
from fleet.local.postgres import local_postgres
from fleet.local.progress import Steps
from fleet.local.secrets import SecretFile
from fleet.local.service import start


@contextmanager
def scratch_database(steps: Steps) -> Iterator[str]:
    """The owner's URL, postgresql://...; call it from the main thread. Raises LocalServiceError."""
    engines = ensure_engines(local_paths(), steps)
    folder = Path(tempfile.mkdtemp(prefix="motorpool-scratch-"))
    folder.chmod(0o755)  # the engine may run as another user
    try:
        server = local_postgres(folder, engines, SecretFile(folder / "secrets.json"))
        child = start(server.service(), folder)
        try:
            with steps.step("scratch database"):
                child.wait_ready()
                url = server.ensure_database()
                schemas.migrations.upgrade(url)
            yield url
        finally:
            child.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
