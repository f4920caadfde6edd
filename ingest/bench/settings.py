"""Where the benchmark finds its broker: `motorpool bench` starts one and says so in the environment."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from ingest.errors import BenchError
from ingest.settings import IngestSettings


@dataclass(frozen=True)
class Place:
    """A broker under measurement: how the load and the consumer reach it, and its process."""

    load_url: str
    ingest_url: str
    pid: int
    ca_file: str = ""


class BenchSettings(IngestSettings):
    """Settings of `motorpool bench ingest`."""

    bench_broker_url: SecretStr | None = None
    """A broker that lets anybody in, without TLS: mqtt://host:port."""
    bench_broker_pid: int = 0
    bench_secured_load_url: SecretStr | None = None
    """One with TLS and access rules, as a user that may publish for every terminal: mqtts://..."""
    bench_secured_ingest_url: SecretStr | None = None
    """The same as the user `ingest`."""
    bench_secured_pid: int = 0
    bench_ca_file: str = ""
    """Certificate authority of the secured broker."""
    bench_cold_bytes_per_fix: float | None = None
    """What a packed fix costs on disk, measured by who packs them (fleet/history)."""

    def open_place(self) -> Place:
        """Raises BenchError where none is named."""
        if self.bench_broker_url is None:
            raise BenchError(
                "No broker to measure with: run `motorpool bench ingest`, which starts one of its own, or "
                "name one that lets anybody in with MOTORPOOL_BENCH_BROKER_URL"
            )
        url = self.bench_broker_url.get_secret_value()
        return Place(url, url, self.bench_broker_pid)

    def secured_place(self) -> Place | None:
        """None where there is none; the cost of TLS is not measured then."""
        if self.bench_secured_load_url is None or self.bench_secured_ingest_url is None:
            return None
        return Place(
            self.bench_secured_load_url.get_secret_value(),
            self.bench_secured_ingest_url.get_secret_value(),
            self.bench_secured_pid,
            self.bench_ca_file,
        )
