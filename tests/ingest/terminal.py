"""A terminal of these tests: its own MQTT connection, and a note of every ack that reached it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from schemas.telemetry import Ack, topic

PATIENCE_S = 30.0


class Terminal:
    """Connects as `code`; publishes at QoS 1."""

    def __init__(self, code: str, url: str) -> None:
        self.code = code
        self.acks: list[Ack] = []
        self._heard = threading.Condition()
        self._subscribed = threading.Event()
        address = urlsplit(url)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=code, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(address.username, address.password)
        self._client.max_inflight_messages_set(200)
        self._client.on_connect = lambda *_: self._client.subscribe(topic(code, "ack"), qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect_async(address.hostname or "", address.port or 1883)

    def __enter__(self) -> Terminal:
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, content: object, kind: Any = "fix", content_type: str | None = None) -> None:
        """Publish and return at once; bytes are sent as they are, all else as JSON."""
        payload = content if isinstance(content, bytes) else msgspec.json.encode(content)
        properties = Properties(PacketTypes.PUBLISH)
        if content_type:
            properties.ContentType = content_type
        self._client.publish(topic(self.code, kind), payload, qos=1, properties=properties)

    def is_told(self, boot: int, seq: int) -> bool:
        """Whether any ack so far says that `seq` of `boot` was dealt with."""
        return any(ack.boot == boot and seq in _Told(ack) for ack in list(self.acks))

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
        """Wait until `condition` holds; looked at whenever an ack arrives."""
        with self._heard:
            return self._heard.wait_for(condition, seconds)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._heard:
            self.acks.append(msgspec.json.decode(message.payload, type=Ack))
            self._heard.notify_all()


class _Told:
    def __init__(self, ack: Ack) -> None:
        self._ack = ack

    def __contains__(self, seq: int) -> bool:
        return seq <= self._ack.upto or any(first <= seq <= last for first, last in self._ack.ranges)
