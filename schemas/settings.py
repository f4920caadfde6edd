"""Settings that every process of the product needs; packages add their own beside them."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.clock import Clock, read_clock


class CommonSettings(BaseSettings):
    """Environment variables `MOTORPOOL_*`; secrets are never printed."""

    model_config = SettingsConfigDict(env_prefix="MOTORPOOL_", frozen=True, extra="ignore")

    database_url: SecretStr = SecretStr("postgresql://motorpool@127.0.0.1:5432/motorpool")
    clock: str = "real"
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    track_retention_days: int = Field(default=731, ge=183)
    """Fixes are kept this long, and older ones not accepted (never less than six months)."""

    @field_validator("clock")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_clock(value)
        return value

    @cached_property
    def the_clock(self) -> Clock:
        """The one clock of this process."""
        return read_clock(self.clock)
