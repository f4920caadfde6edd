"""The broker's door to the outside, from environment variables `MOTORPOOL_MQTT_TLS_*`."""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from fleet.broker.certificates import Authority, TlsFiles, given
from fleet.local.errors import CertificateError


class BrokerTls(BaseSettings):
    """Where the private broker listens for terminals, over TLS only."""

    model_config = SettingsConfigDict(env_prefix="MOTORPOOL_MQTT_TLS_", frozen=True, extra="ignore")

    port: int = Field(default=0, ge=0, le=65535)
    """8883 by custom; 0 opens no door: then only this machine reaches the broker."""
    address: str = "0.0.0.0"  # noqa: S104 - terminals are elsewhere; they need TLS and a credential
    hosts: str = ""
    """Names and addresses terminals call it by, separated by commas; this machine's name when unset."""
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    """PEM files; where none are given an authority of our own signs a certificate, below the data folder."""
    client_certificates: bool = False
    """Terminals prove who they are with a certificate of the authority, its common name their code."""

    def files(self, folder: Path) -> TlsFiles:
        """The given files, or those in `folder`, made where missing. Raises CertificateError."""
        if self.certificate is None and self.key is None:
            authority = Authority(folder)
            authority.ensure()
            return authority.server(self.names())
        if self.certificate is None or self.key is None or self.authority is None:
            raise CertificateError(
                "A certificate was given without its key or its authority.",
                "Set all of MOTORPOOL_MQTT_TLS_CERTIFICATE, _KEY and _AUTHORITY, or none of them.",
            )
        return given(self.authority, self.certificate, self.key)

    def names(self) -> tuple[str, ...]:
        names = tuple(name.strip() for name in self.hosts.split(",") if name.strip())
        return names or (socket.gethostname(), "localhost", "127.0.0.1")


def configured_tls() -> BrokerTls | None:
    """What the environment asks for; None where it asks for no door."""
    tls = BrokerTls()
    return tls if tls.port else None
