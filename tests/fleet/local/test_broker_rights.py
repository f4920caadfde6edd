"""Each terminal reaches its own topics and nothing else (the broker half of DESIGN §3)."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from fleet.local import dynsec
from fleet.local.dynsec import Credential
from schemas.telemetry import topic
from tests.conftest import Broker

SECONDS = 10.0


class Station:
    """A client of the broker whose answers can be waited for."""

    def __init__(self, url: str, client_id: str) -> None:
        self.connected: queue.Queue[str] = queue.Queue()
        self.published: queue.Queue[str] = queue.Queue()
        self.subscribed: queue.Queue[str] = queue.Queue()
        self.disconnected: queue.Queue[str] = queue.Queue()
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        parts = urlsplit(url)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        client.username_pw_set(parts.username, parts.password)
        client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(str(reason))
        client.on_publish = lambda _c, _u, _m, reason, _p: self.published.put(str(reason))
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.subscribed.put(str(reasons[0]))
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self.disconnected.put(str(reason))
        client.on_message = lambda _c, _u, message: self.heard.put((message.topic, bytes(message.payload)))
        client.connect(parts.hostname or "", parts.port or 1883)
        client.loop_start()
        self.client = client

    def publish(self, to: str, payload: bytes = b"x", retain: bool = False) -> str:
        self.client.publish(to, payload, qos=1, retain=retain)
        return self.published.get(timeout=SECONDS)

    def subscribe(self, to: str) -> str:
        self.client.subscribe(to, qos=1)
        return self.subscribed.get(timeout=SECONDS)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., Station]]:
    stations: list[Station] = []

    def station(url: str, client_id: str) -> Station:
        stations.append(Station(url, client_id))
        return stations[-1]

    yield station
    for one in stations:
        one.close()


@pytest.fixture
def terminal(broker: Broker, connect: Callable[..., Station]) -> Station:
    station = connect(broker.terminal_url("R-own"), "R-own")
    assert station.connected.get(timeout=SECONDS) == "Success"
    return station


def test_a_terminal_sends_fixes_that_ingest_hears(
    broker: Broker, terminal: Station, connect: Callable[..., Station]
) -> None:
    ingest = connect(broker.url("ingest"), "rights-ingest")
    assert ingest.subscribe(topic("R-own", "fix")) == "Granted QoS 1"
    assert terminal.publish(topic("R-own", "fix"), b"here") == "Success"
    assert ingest.heard.get(timeout=SECONDS) == (topic("R-own", "fix"), b"here")


def test_a_terminal_hears_its_acknowledgements(
    broker: Broker, terminal: Station, connect: Callable[..., Station]
) -> None:
    assert terminal.subscribe(topic("R-own", "ack")) == "Granted QoS 1"
    assert connect(broker.url("ingest"), "rights-acks").publish(topic("R-own", "ack"), b"upto") == "Success"
    assert terminal.heard.get(timeout=SECONDS) == (topic("R-own", "ack"), b"upto")


@pytest.mark.parametrize("kind", ["fix", "event", "status"])
def test_a_terminal_cannot_speak_for_another(terminal: Station, kind: Any) -> None:
    assert terminal.publish(topic("R-other", kind)) == "Not authorized"


def test_a_refused_publish_does_not_cost_the_connection(terminal: Station) -> None:
    assert terminal.publish(topic("R-other", "fix")) == "Not authorized"
    assert terminal.publish(topic("R-own", "fix")) in ("Success", "No matching subscribers")


@pytest.mark.parametrize(
    "listened",
    [
        "#",
        "mp/v1/#",
        "$share/ingest/mp/v1/#",
        "$share/ingest/" + topic("R-own", "fix"),
        "$SYS/#",
        "$CONTROL/#",
        "$CONTROL/dynamic-security/v1/response",
        topic("R-other", "ack"),
        topic("R-own", "fix"),
    ],
)
def test_a_terminal_cannot_listen_elsewhere(terminal: Station, listened: str) -> None:
    assert terminal.subscribe(listened) == "Not authorized"


def test_nobody_joins_a_shared_subscription_not_even_ingest(
    broker: Broker, connect: Callable[..., Station]
) -> None:
    """With persistent sessions it strands what a dead member's session holds."""
    ingest = connect(broker.url("ingest"), "rights-share")
    assert ingest.subscribe("$share/rights/" + topic("R-own", "fix")) == "Not authorized"


def test_ingest_cannot_send_commands(broker: Broker, connect: Callable[..., Station]) -> None:
    ingest = connect(broker.url("ingest"), "rights-commands")
    assert ingest.publish(topic("R-own", "command")) == "Not authorized"


def test_a_terminal_cannot_take_another_ones_connection(
    broker: Broker, terminal: Station, connect: Callable[..., Station]
) -> None:
    thief = connect(broker.terminal_url("R-thief"), "R-own")
    assert thief.connected.get(timeout=SECONDS) == "Not authorized"
    assert terminal.publish(topic("R-own", "status")) in ("Success", "No matching subscribers")


def test_a_wrong_password_is_refused(broker: Broker, connect: Callable[..., Station]) -> None:
    broker.enrol("R-locked")
    stranger = connect(f"mqtt://R-locked:guess@{broker.host}:{broker.port}", "R-locked")
    assert stranger.connected.get(timeout=SECONDS) == "Not authorized"


def test_retained_messages_are_refused(terminal: Station) -> None:
    terminal.client.publish(topic("R-own", "status"), b"x", qos=1, retain=True)
    assert terminal.disconnected.get(timeout=SECONDS) == "Retain not supported"


def test_terminals_enrolled_while_running_survive_the_next_start() -> None:
    first = dynsec.reconcile(dynsec.Document(), (Credential("ingest", "a"),), (Credential("T1", "b"),))
    second = dynsec.reconcile(first, (Credential("ingest", "a"),), ())
    assert {client.username for client in second.clients} == {"ingest", "T1"}
    assert second == first


def test_a_new_password_of_ours_replaces_the_old_one() -> None:
    first = dynsec.reconcile(dynsec.Document(), (Credential("ingest", "old"),), ())
    second = dynsec.reconcile(first, (Credential("ingest", "new"),), ())
    assert len(second.clients) == 1
    assert second.clients[0].password != first.clients[0].password
