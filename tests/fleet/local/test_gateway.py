"""The JT/T 808 gateway as a process of the stack: where it listens and what it is given."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet.local.addresses import Addresses
from fleet.local.doctor import examine
from fleet.local.paths import local_paths
from fleet.local.ports import gateway_address
from fleet.local.processes import OWN_PROCESSES, process_environment


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT"):
        monkeypatch.delenv(f"MOTORPOOL_GATEWAY_{name}", raising=False)


def addresses(data: Path) -> Addresses:
    return Addresses(
        web="http://127.0.0.1:8808",
        database={process.database_role: "postgresql://somewhere" for process in OWN_PROCESSES},
        mqtt={"ingest": "mqtt://ingest:secret@127.0.0.1:1883", "fleet": "mqtt://fleet:secret@127.0.0.1:1883"},
        configured_mqtt="",
        valhalla="http://127.0.0.1:8002",
        gateway=gateway_address(data),
        basemap=None,
        data=data,
        cache=data,
        clock="real",
    )


def test_terminals_find_the_gateway_where_it_was_at_the_last_start(tmp_path: Path) -> None:
    assert gateway_address(tmp_path) == gateway_address(tmp_path)


def test_the_port_that_was_asked_for_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTORPOOL_GATEWAY_PORT", "6808")
    assert gateway_address(tmp_path) == "127.0.0.1:6808"


def test_a_terminal_here_reaches_a_gateway_that_listens_everywhere_or_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTORPOOL_GATEWAY_PORT", "6808")
    for host, reached in (("0.0.0.0", "127.0.0.1"), ("10.1.2.3", "10.1.2.3")):
        monkeypatch.setenv("MOTORPOOL_GATEWAY_HOST", host)
        assert gateway_address(tmp_path) == f"{reached}:6808"


def test_the_gateway_has_metrics_of_its_own_and_no_business_with_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process holds a credential that speaks for every terminal (docs/decisions/0008)."""
    monkeypatch.setenv("MOTORPOOL_METRICS_PORT", "9108")
    here = addresses(tmp_path)
    (gateway,) = [process for process in OWN_PROCESSES if process.command == "gateway"]
    (ingest,) = [process for process in OWN_PROCESSES if process.command == "ingest"]

    environment = process_environment(here, gateway)

    assert environment["MOTORPOOL_GATEWAY_PORT"] == here.gateway.rpartition(":")[2]
    assert "MOTORPOOL_MQTT_URL" not in environment
    assert process_environment(here, ingest)["MOTORPOOL_METRICS_PORT"] == "9108"
    assert environment["MOTORPOOL_METRICS_PORT"] != "9108"


@pytest.mark.parametrize(
    ("asked", "verdict", "said"), [("", "good", "is not set"), ("80o8", "problem", "is no port")]
)
def test_the_doctor_looks_at_the_gateway_s_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, verdict: str, said: str
) -> None:
    monkeypatch.setenv("MOTORPOOL_GATEWAY_PORT", asked)
    (finding,) = [one for one in examine(local_paths(tmp_path)) if one.subject == "JT/T 808 port"]
    assert (finding.verdict, said in finding.found) == (verdict, True)


def test_the_doctor_finds_a_port_that_somebody_else_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("MOTORPOOL_GATEWAY_PORT", str(other.getsockname()[1]))
        (finding,) = [one for one in examine(local_paths(tmp_path)) if one.subject == "JT/T 808 port"]
    assert finding.verdict == "problem"
    assert "MOTORPOOL_GATEWAY_PORT" in finding.remedy
