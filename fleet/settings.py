"""Everything the office can be told, from environment variables `MOTORPOOL_*`."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from schemas.settings import CommonSettings


class Settings(CommonSettings):
    """Settings of the API, planner, supervision and worker processes."""

    http_host: str = "127.0.0.1"
    http_port: int = 8808
    mqtt_url: SecretStr = SecretStr("mqtt://127.0.0.1:1883")
    mqtt_ca_file: Path | None = None
    """Certificate authority of the broker for mqtts://; the system's own when unset."""
    credential_key: SecretStr = SecretStr("")
    """Secrets of terminals are derived from it; the same for `serve`, `work` and the command line."""
    valhalla_url: str = "http://127.0.0.1:8002"
    basemap: Path | None = None
    """PMTiles file served under /map/base.pmtiles; without it vehicles and routes still draw."""
    map_attribution: str = "© OpenStreetMap contributors"
    map_review_number: str = ""
    """审图号 of the base map, shown on every map."""
    planner_port: int = 0
    """Loopback port on which the planner answers; 0 takes a free one and publishes it with its lease."""
    demo: bool = False
    """Offer the seeded accounts on the sign-in page. Never in production."""
    demo_accounts: Path | None = None
    """JSON file of the accounts that a demo offers (fleet.identity.demo writes it)."""
    session_hours: int = 12
    database_pool_size: int = 10
    storage_dir: Path | None = None
    """Where attachments lie, outside any web root."""
