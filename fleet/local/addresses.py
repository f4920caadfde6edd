from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fleet.local.secrets import SecretFile


@dataclass(frozen=True)
class Addresses:
    """Where everything of a running stack answers. URLs carry passwords; never print them.

    `database` maps a process role (`motorpool_api`, ...) to its URL, `owner` to the schema owner's;
    `mqtt` maps a user of ours (`ingest`, `gateway`, `fleet`) to its URL at the private broker; it is empty
    when the user's broker at `configured_mqtt` is used. `gateway` is host:port for JT/T 808 terminals.
    """

    web: str
    database: dict[str, str]
    mqtt: dict[str, str]
    configured_mqtt: str
    valhalla: str
    gateway: str
    basemap: Path | None
    data: Path
    cache: Path
    clock: str

    def mqtt_url(self, user: str) -> str:
        return self.mqtt.get(user, self.configured_mqtt)

    @property
    def secrets(self) -> SecretFile:
        """Generated passwords, among them `terminal_password(terminal)`."""
        return SecretFile(self.data / "secrets.json")

    def terminal_url(self, terminal: str) -> str:
        """mqtt:// URL of a terminal that was enrolled at start; its client id is the terminal id."""
        server = self.mqtt_url("ingest").rpartition("@")[2]
        return f"mqtt://{terminal}:{self.secrets.terminal_password(terminal)}@{server}"
