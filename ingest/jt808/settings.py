"""What the gateway can be told, from environment variables `MOTORPOOL_*`."""

from __future__ import annotations

from pydantic import Field

from ingest.settings import IngestSettings


class GatewaySettings(IngestSettings):
    """Settings of the JT/T 808 gateway; it shares those of the writer. Seconds are real."""

    gateway_host: str = "127.0.0.1"
    """Where to listen: the address terminals reach, or 0.0.0.0 for all. The protocol is not encrypted."""
    gateway_port: int = Field(default=6808, ge=0, le=65535)
    """0 takes a free one."""
    gateway_max_connections: int = Field(default=60_000, ge=1)
    """Further ones are closed at once."""
    gateway_window: int = Field(default=64, ge=1, le=1_024)
    """Messages of one terminal that are not stored yet. At the limit its connection is not read."""
    gateway_login_s: float = Field(default=30.0, gt=0)
    """A connection must be authenticated within this time."""
    gateway_idle_s: float = Field(default=180.0, gt=0)
    """A connection without a whole frame for so long is closed; heartbeats come every minute or so."""
    gateway_fragment_s: float = Field(default=10.0, gt=0)
    """Fragments that are missing after this time are asked for again, three times."""
    gateway_answer_s: float = Field(default=30.0, gt=0)
    """A command without an answer after this time counts as unanswered."""
    gateway_poll_s: float = Field(default=1.0, gt=0)
    """How often commands to terminals are looked for."""
