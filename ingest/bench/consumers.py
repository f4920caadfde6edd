"""What the worker is measured by, each a process of its own: the broker alone, and the naive way.

`null` reads as the worker reads and sends the same acknowledgements, but stores nothing: faster than this no
worker behind this broker can be. `naive` is the consumer that is written in an afternoon: a message at a
time, stored, committed, acknowledged.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from types import FrameType
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import psycopg
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from ingest.bench import database
from ingest.decode import JSON, Numbered
from ingest.mqtt_receiver import SUBSCRIPTIONS, MqttReceiver
from ingest.repository import load_terminals
from ingest.settings import IngestSettings
from ingest.worker import COLLECT_AFTER
from schemas.telemetry import Ack, topic

QOS = 1
log = structlog.get_logger()


def null(settings: IngestSettings, stop: threading.Event) -> None:
    """One acknowledgement for each terminal and batch, as the worker's."""
    receiver = MqttReceiver(settings, settings.the_clock)
    read = msgspec.json.Decoder(Numbered | list[Numbered]).decode
    limit, window_s = settings.ingest_batch_messages, settings.ingest_batch_ms / 1000
    receiver.start()
    while not stop.is_set():
        messages = receiver.take(limit, window_s)
        if len(messages) == limit:
            messages += receiver.take(settings.ingest_backlog_messages - limit, 0)
        newest: dict[str, Numbered] = {}
        for message in messages:
            numbers = read(message.payload)
            newest[message.topic] = numbers[-1] if isinstance(numbers, list) else numbers
        receiver.acknowledge(messages)
        receiver.tell([(name.split("/")[3], Ack(said.boot, said.seq)) for name, said in newest.items()])
    receiver.close()


def naive(settings: IngestSettings, stop: threading.Event) -> None:
    """The same promise and the same tables, a message at a time."""
    connection = psycopg.connect(settings.database_url.get_secret_value())
    ids = load_terminals(connection)
    connection.commit()

    def on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        terminal, fix = message.topic.split("/")[3], JSON.fix(message.payload)
        database.store_one(connection, ids[terminal], fix, settings.the_clock.now())
        connection.commit()
        client.ack(message.mid, QOS)
        client.publish(topic(terminal, "ack"), msgspec.json.encode(Ack(fix.boot, fix.seq)))

    address = settings.broker()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, settings.ingest_client_id, protocol=mqtt.MQTTv5, manual_ack=True
    )
    client.on_message = on_message
    client.on_subscribe = lambda *_: log.info("receiving")
    client.connect(address.host, address.port)
    client.subscribe([(pattern, QOS) for pattern in SUBSCRIPTIONS])
    client.loop_start()
    stop.wait()
    client.disconnect()
    client.loop_stop()
    connection.close()


CONSUMERS = {"null": null, "naive": naive}


def main(name: str) -> None:
    """Until SIGTERM."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    gc.set_threshold(COLLECT_AFTER)
    CONSUMERS[name](IngestSettings(), stop)


if __name__ == "__main__":
    main(sys.argv[1])
