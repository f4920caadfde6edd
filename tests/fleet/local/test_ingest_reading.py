"""What `motorpool status` says of ingest and the gateway, from their metrics."""

from __future__ import annotations

import json
from pathlib import Path

from prometheus_client import start_http_server

from fleet.local.ingest_reading import (
    GATEWAY_PORT_NAME,
    PORT_NAME,
    read_gateway,
    read_ingest,
    understand,
    understand_gateway,
)
from ingest.jt808.receiver import GatewayReceiver
from ingest.jt808.settings import GatewaySettings
from ingest.settings import IngestSettings
from ingest.worker import Worker

GOOD = """
ingest_receiving 1.0
ingest_waiting_messages 3.0
ingest_database_failing_seconds 0.0
ingest_database_trouble{kind="away"} 0.0
ingest_database_trouble{kind="disk_full"} 0.0
broker_watched 1.0
broker_stored_messages 12.0
broker_stored_bytes 3000.0
broker_budget_bytes 1e+06
broker_queue_alarm 0.0
broker_dropped_total 0.0
"""


def test_all_is_well() -> None:
    reading = understand(GOOD)

    assert reading.alarms == []
    assert (reading.waiting, reading.broker_messages, reading.broker_bytes) == (3, 12, 3000)


def test_every_trouble_is_a_sentence() -> None:
    text = GOOD.replace('{kind="disk_full"} 0.0', '{kind="disk_full"} 1.0').replace(
        "failing_seconds 0.0", "failing_seconds 35.2"
    )
    text = text.replace("ingest_receiving 1.0", "ingest_receiving 0.0")
    text = text.replace("alarm 0.0", "alarm 1.0").replace("dropped_total 0.0", "dropped_total 7.0")

    alarms = understand(text).alarms

    assert alarms[0].startswith("Nothing has been stored for 35 s: the database's disk is full.")
    assert "does not deliver" in alarms[1]
    assert "above half" in alarms[2]
    assert "dropped 7 messages" in alarms[3]


def test_the_metrics_of_a_real_worker_are_understood(tmp_path: Path) -> None:
    worker = Worker(IngestSettings())
    server, thread = start_http_server(0, addr="127.0.0.1", registry=worker.metrics.registry)
    (tmp_path / "ports.json").write_text(json.dumps({PORT_NAME: server.server_port}))

    reading = read_ingest(tmp_path)

    server.shutdown()
    server.server_close()
    thread.join()
    assert reading is not None
    assert (reading.receiving, reading.trouble, reading.broker_messages) == (False, None, None)
    assert reading.alarms == ["The broker does not deliver to ingest."]


def test_where_no_worker_answers_there_is_no_reading(tmp_path: Path) -> None:
    assert read_ingest(tmp_path) is None
    (tmp_path / "ports.json").write_text(json.dumps({PORT_NAME: 1}))
    assert read_ingest(tmp_path) is None


def test_the_metrics_of_a_real_gateway_are_understood(tmp_path: Path) -> None:
    settings = GatewaySettings()
    receiver = GatewayReceiver(settings)
    worker = Worker(settings, receiver)
    receiver.count_in(worker.metrics.registry)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=worker.metrics.registry)
    (tmp_path / "ports.json").write_text(json.dumps({GATEWAY_PORT_NAME: server.server_port}))

    reading = read_gateway(tmp_path)

    server.shutdown()
    server.server_close()
    thread.join()
    receiver.close()
    assert reading is not None
    assert (reading.listening, reading.connections, reading.terminals, reading.trouble) == (False, 0, 0, None)
    assert reading.alarms == ["The gateway takes no connections of JT/T 808 terminals."]


def test_the_gateway_s_trouble_is_a_sentence_of_its_own() -> None:
    text = GOOD + "ingest_gateway_connections 4.0\ningest_gateway_terminals 3.0\n"
    assert understand_gateway(text).alarms == []

    text = text.replace('{kind="away"} 0.0', '{kind="away"} 1.0').replace("seconds 0.0", "seconds 12.0")

    (alarm,) = understand_gateway(text).alarms
    assert alarm.startswith("The gateway has stored nothing for 12 s: the database is not reachable.")


def test_where_no_gateway_answers_there_is_no_reading(tmp_path: Path) -> None:
    assert read_gateway(tmp_path) is None
    (tmp_path / "ports.json").write_text(json.dumps({GATEWAY_PORT_NAME: 1}))
    assert read_gateway(tmp_path) is None
