from __future__ import annotations

import platform
from dataclasses import dataclass

from fleet.local.errors import EngineUnavailableError

REMEDY_OWN_ENGINES = (
    "Run the engines yourself (compose.yaml shows how) and set MOTORPOOL_DATABASE_URL, "
    "MOTORPOOL_MQTT_URL and MOTORPOOL_VALHALLA_URL."
)


@dataclass(frozen=True)
class Architecture:
    """One CPU under the names that Debian, the compiler and Python wheels give it."""

    debian: str
    triplet: str
    loader: str
    wheel_platform: str
    valhalla_sha256: str


SUPPORTED = {
    "x86_64": Architecture(
        debian="amd64",
        triplet="x86_64-linux-gnu",
        loader="ld-linux-x86-64.so.2",
        wheel_platform="manylinux_2_28_x86_64",
        valhalla_sha256="7b49c5e5f86cefd555b473aaaf34df3305889d30aa889b8abd3b4c2acc622271",
    ),
    "aarch64": Architecture(
        debian="arm64",
        triplet="aarch64-linux-gnu",
        loader="ld-linux-aarch64.so.1",
        wheel_platform="manylinux_2_28_aarch64",
        valhalla_sha256="6ebe5f9dd6ce3b16413f939a271d68e64a4addd44df8a802a8eda0b9ca0bf16f",
    ),
}


def this_architecture(machine: str | None = None) -> Architecture:
    name = machine or platform.machine()
    if name not in SUPPORTED:
        raise EngineUnavailableError(
            f"There are no prebuilt engines for the CPU architecture '{name}' (only {', '.join(SUPPORTED)}).",
            REMEDY_OWN_ENGINES,
        )
    return SUPPORTED[name]
