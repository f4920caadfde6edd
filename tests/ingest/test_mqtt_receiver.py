"""The receiver with and without the bulk reader, and the acknowledgements it writes itself."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ingest import mqtt_receiver
from ingest.bulk_client import read_publishes
from ingest.mqtt_receiver import ack_packet
from ingest.settings import IngestSettings
from schemas.telemetry import Ack, topic
from tests.conftest import Broker
from tests.ingest.conftest import running
from tests.ingest.terminal import Terminal
from tests.ingest.world import Registry, fix


@pytest.mark.parametrize("gaps", [0, 1, 5, 40, 256])
def test_an_acknowledgement_is_a_whole_packet_whatever_its_length(gaps: int) -> None:
    ack = Ack(3, 10_000, [(20_000 + 10 * k, 20_005 + 10 * k) for k in range(gaps)])
    packets = ack_packet("T1", ack) + ack_packet("T1", Ack(1, -1))

    (first, second), end = read_publishes(packets, 0)

    assert end == len(packets)
    assert first[0].decode() == topic("T1", "ack")
    assert msgspec.json.decode(first[1], type=Ack) == ack
    assert msgspec.json.decode(second[1], type=Ack) == Ack(1, -1)


def test_with_another_paho_the_worker_reads_one_by_one(
    worker_settings: Callable[..., IngestSettings],
    registry: Registry,
    broker: Broker,
    terminal_code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.terminal(terminal_code)
    monkeypatch.setattr(mqtt_receiver, "internals_match", lambda: False)

    with running(worker_settings()), Terminal(terminal_code, broker.terminal_url(terminal_code)) as terminal:
        terminal.send([fix(0), fix(1)])
        terminal.send(fix(2), content_type="application/json")

        assert terminal.wait(lambda: terminal.is_told(1, 2))
    assert registry.value("SELECT count(*) FROM position") == 3
