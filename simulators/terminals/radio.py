"""A terminal's MQTT link: paho on the event loop, one socket a terminal, reconnecting with full jitter."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from schemas.telemetry import Ack, Fix, Status, topic
from simulators.terminals.ledger import Ledger
from simulators.terminals.outbox import Outbox

KEEPALIVE_S = 60
LONGEST_WAIT_S = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int

    @classmethod
    def of(cls, mqtt_url: str) -> BrokerAddress:
        parts = urlsplit(mqtt_url)
        return cls(parts.hostname or "127.0.0.1", parts.port or 1883)


class Link(Protocol):
    """What carries a terminal's outbox, whatever the protocol."""

    def tick(self, now: datetime) -> None:
        """Connect, disconnect or send; call often."""

    def keep_alive(self) -> None:
        """Housekeeping; call about once a second."""

    def close(self) -> None: ...


def wait_before_attempt(attempts: int) -> float:
    """Full jitter, real seconds: those whose connection broke together do not come back together."""
    return random.uniform(0.2, min(LONGEST_WAIT_S, 2.0**attempts))


class Sender(Protocol):
    """A terminal as its radio sees it."""

    @property
    def code(self) -> str: ...

    @property
    def outbox(self) -> Outbox: ...

    def has_coverage(self, at: datetime) -> bool: ...

    def sending_time(self, at: datetime) -> int:
        """The terminal's own clock, ms UTC."""


class Radio:
    """Carries a terminal's outbox to the broker and its acknowledgements back."""

    def __init__(self, terminal: Sender, password: str, broker: BrokerAddress, ledger: Ledger) -> None:
        self._terminal = terminal
        self._broker = broker
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._connected = False
        self._attempts = 0
        self._retry_at = 0.0
        self._decode_ack = msgspec.json.Decoder(Ack).decode
        self._client = self._new_client(password)

    @property
    def connected(self) -> bool:
        return self._connected

    def tick(self, now: datetime) -> None:
        """Connect, disconnect or send, as coverage and the outbox ask for. Never blocks for long."""
        if not self._terminal.has_coverage(now):
            self._lose_coverage()
            return
        if not self._connected:
            self._try_to_connect()
            return
        for fixes in self._terminal.outbox.due(time.monotonic(), self._terminal.sending_time(now)):
            self._publish(fixes)

    def keep_alive(self) -> None:
        """Paho's housekeeping; call about once a second."""
        self._client.loop_misc()

    def close(self) -> None:
        if self._connected:
            self._client.disconnect()

    def _new_client(self, password: str) -> mqtt.Client:
        code = self._terminal.code
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=code, protocol=mqtt.MQTTv5)
        client.username_pw_set(code, password)
        client.will_set(topic(code, "status"), msgspec.json.encode(Status(online=False)), qos=1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_socket_open = lambda _c, _u, sock: self._loop.add_reader(sock, self._read)
        client.on_socket_close = lambda _c, _u, sock: self._forget_socket(sock)
        client.on_socket_register_write = lambda _c, _u, sock: self._loop.add_writer(sock, self._write)
        client.on_socket_unregister_write = lambda _c, _u, sock: self._stop_writing(sock)
        return client

    def _read(self) -> None:
        self._client.loop_read()

    def _write(self) -> None:
        self._client.loop_write()

    def _stop_writing(self, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _forget_socket(self, sock: Any) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _try_to_connect(self) -> None:
        if time.monotonic() < self._retry_at:
            return
        self._attempts += 1
        self._retry_at = time.monotonic() + wait_before_attempt(self._attempts)
        try:
            self._client.connect(self._broker.host, self._broker.port, KEEPALIVE_S, clean_start=True)
        except (OSError, socket.timeout) as error:  # noqa: UP041  (paho raises both)
            log.debug("broker not reachable", terminal=self._terminal.code, error=str(error))

    def _lose_coverage(self) -> None:
        if not self._connected:
            return
        self._connected = False
        self._client.disconnect()

    def _publish(self, fixes: list[Fix]) -> None:
        payload = msgspec.json.encode(fixes[0] if len(fixes) == 1 else fixes)
        self._client.publish(topic(self._terminal.code, "fix"), payload, qos=1)

    def _on_connect(self, client: mqtt.Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            log.warning("broker refuses the terminal", terminal=self._terminal.code, reason=str(reason))
            return
        self._connected, self._attempts = True, 0
        self._terminal.outbox.forget_sending()
        client.subscribe(topic(self._terminal.code, "ack"), qos=1)
        client.publish(topic(self._terminal.code, "status"), msgspec.json.encode(Status(online=True)), qos=1)

    def _on_disconnect(self, _c: mqtt.Client, _u: Any, _f: Any, _r: Any, _p: Any) -> None:
        self._connected = False

    def _on_message(self, _c: mqtt.Client, _u: Any, message: mqtt.MQTTMessage) -> None:
        handled = self._terminal.outbox.acknowledge(self._decode_ack(message.payload))
        self._ledger.write(self._terminal.code, handled)
