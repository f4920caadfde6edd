"""A broker as it comes, to be found out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet.local.account import engine_account, hand_over, private_folder
from fleet.local.engines import Engines
from fleet.local.paths import LocalPaths
from fleet.local.ports import remembered_port
from fleet.local.service import ServiceSpec, accepts_connections, engine_environment, start


@pytest.fixture
def careless_url(paths: LocalPaths, engines: Engines) -> Iterator[str]:
    """A Mosquitto with the limits it comes with, open to everybody."""
    folder = private_folder(paths.data / "careless", engine_account())
    port = remembered_port(paths.data, "careless")
    file = folder / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\n")
    hand_over(file, engine_account())
    spec = ServiceSpec(
        name="careless",
        argv=(str(engines.mosquitto), "-c", str(file)),
        env=engine_environment(),
        ready=lambda: accepts_connections(port),
        account=engine_account(),
    )
    child = start(spec, paths.logs)
    child.wait_ready()
    yield f"mqtt://127.0.0.1:{port}"
    child.stop()
