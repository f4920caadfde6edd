"""The broker as a source of messages."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import paho.mqtt
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.bulk_client import BulkClient, Publish, content_type, internals_match
from ingest.message import Message
from ingest.settings import IngestSettings
from ingest.shards import BrokerSession, ShardRange
from schemas.clock import Clock
from schemas.telemetry import Ack, topic

log = structlog.get_logger()

SUBSCRIPTIONS = ShardRange(0, 1).subscriptions()
"""Of a receiver that hears everything."""
KEEPALIVE_S = 30
RECONNECT_S = (1, 5)
GATHER_STEP_S = 0.005
CLOSE_TIMEOUT_S = 2.0


ACK = b"\x30"
"""The head of a PUBLISH at QoS 0."""
UNREADABLE_TOPIC = "\ufffd"


class MqttReceiver:
    """The bulk reader on its own thread, MQTT 5, persistent session, manual acknowledgement.

    With a paho whose internals are not those the bulk reader was written for it is stock paho, slower by far.

    A connection epoch tags every message, for the broker's message numbers are void in the next connection:
    an old number acknowledged there would confirm some other message. The lock makes "is this still that
    connection?" and "queue the PUBACK" one step against the end of the connection.
    """

    def __init__(self, settings: IngestSettings, clock: Clock, session: BrokerSession | None = None) -> None:
        """Without `session`: the whole of the topics, under the plain client id."""
        self._clock = clock
        self._settings = settings
        self._session = session or BrokerSession(settings.ingest_client_id, SUBSCRIPTIONS)
        self._address = settings.broker()
        # The broker has at most `receive maximum` messages in flight in a connection. What exceeds twice that
        # is left over from an earlier one and has been sent again, so dropping the oldest loses nothing.
        self._limit = settings.ingest_receive_maximum
        self._queue: deque[Message] = deque(maxlen=2 * self._limit)
        self._arrived = threading.Event()
        self._arrived_at = 0.0  # when the oldest of the queue came, monotonic
        self._lock = threading.RLock()
        self._epoch = self._session.first_epoch
        self._connected = False
        self._subscribed = False
        self._paused = False
        self._closed = threading.Event()
        self._client = self._new_client()

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._settings.ingest_session_expiry_s
        properties.ReceiveMaximum = self._limit
        self._client.connect_async(
            self._address.host,
            self._address.port,
            keepalive=KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()

    def take(self, limit: int, window_s: float) -> list[Message]:
        """The window begins with the oldest message that waits, be it from before this call."""
        if not self._arrived.wait(window_s):
            return []
        until = self._arrived_at + window_s
        while not self._paused and len(self._queue) < limit and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, GATHER_STEP_S))
        self._arrived.clear()
        taken = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        if self._queue:
            self._note_arrival()
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        client = self._client
        with self._lock:
            epoch = self._epoch
            mids = [message.mid for message in messages if message.epoch == epoch and message.mid]
            if not mids or not self._connected:
                return
            if isinstance(client, BulkClient):
                client.acknowledge(mids)
                return
            for mid in mids:
                client.ack(mid, 1)

    def tell(self, acks: Sequence[tuple[str, Ack]]) -> None:
        """QoS 0: an ack that is lost costs a re-send, and the next ack says it again."""
        client = self._client
        packets = [ack_packet(terminal, ack) for terminal, ack in acks]
        with self._lock:
            if not self._connected:
                return
            if isinstance(client, BulkClient):
                client.send_packets(packets)
                return
            for terminal, ack in acks:
                client.publish(topic(terminal, "ack"), msgspec.json.encode(ack), qos=0)

    def pause(self) -> None:
        self._paused = True

    def close(self) -> None:
        self._closed.clear()
        connected = self._connected
        self._client.disconnect()
        if connected and self._closed.wait(CLOSE_TIMEOUT_S):
            self._client.loop_stop()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def receiving(self) -> bool:
        return self._subscribed

    def _new_client(self) -> mqtt.Client:
        kind = BulkClient if internals_match() else mqtt.Client
        if kind is not BulkClient:
            log.warning(
                "this paho-mqtt is not the one the bulk reader was written for; reading one by one, which "
                "costs several times the processor; install the version of requirements/",
                version=paho.mqtt.__version__,
            )
        client = kind(
            CallbackAPIVersion.VERSION2,
            client_id=self._session.client_id,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        if isinstance(client, BulkClient):
            client.on_publishes = self._on_publishes
        if self._address.username is not None:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls:
            client.tls_set(ca_certs=str(self._settings.mqtt_ca_file) if self._settings.mqtt_ca_file else None)
        client.reconnect_delay_set(*RECONNECT_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            log.error("broker refused the connection; check MOTORPOOL_MQTT_URL", reason=str(reason))
            return
        with self._lock:
            self._connected = True
        log.info("connected to the broker", session_present=flags.session_present, epoch=self._epoch)
        client.subscribe([(pattern, SubscribeOptions(qos=1)) for pattern in self._session.subscriptions])

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        log.warning("broker not reachable, trying again", host=self._address.host, port=self._address.port)

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        with self._lock:
            self._epoch += 1
            self._connected = self._subscribed = False
        self._closed.set()
        if reason.is_failure:
            log.warning("connection to the broker lost, trying again", reason=str(reason))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            refused = sorted({str(reason) for reason in reasons if reason.is_failure})
            log.error("broker refused a subscription", client_id=self._session.client_id, reasons=refused)
            return
        self._subscribed = True
        log.info("receiving", client_id=self._session.client_id, topics=len(self._session.subscriptions))

    def _on_publishes(self, publishes: list[Publish]) -> None:
        if self._paused:
            return  # never acknowledged: the broker still has them
        if len(self._queue) + len(publishes) > self._limit:
            publishes = [publish for publish in publishes if publish[2]]  # at QoS 0 the terminal has them
        received_at, epoch = self._clock.now(), self._epoch
        self._queue.extend(
            [
                Message(
                    text,
                    payload,
                    received_at,
                    content_type(properties) if properties else "",
                    epoch,
                    mid,
                )
                for text, (_, payload, mid, properties) in zip(topics_of(publishes), publishes, strict=True)
            ]
        )
        self._note_arrival()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        """Stock paho's way to hand on a message; a bulk client uses it for what it leaves to paho."""
        if self._paused or (message.qos == 0 and len(self._queue) >= self._limit):
            return
        self._queue.append(
            Message(
                topic=_topic_of(message),
                payload=bytes(message.payload),
                received_at=self._clock.now(),
                content_type=getattr(message.properties, "ContentType", ""),
                epoch=self._epoch,
                mid=message.mid if message.qos else 0,
            )
        )
        self._note_arrival()

    def _note_arrival(self) -> None:
        if not self._arrived.is_set():
            self._arrived_at = time.monotonic()
            self._arrived.set()


def topics_of(publishes: Sequence[Publish]) -> list[str]:
    try:
        return [publish[0].decode() for publish in publishes]
    except UnicodeDecodeError:
        return [_text(publish[0]) for publish in publishes]


def ack_packet(terminal: str, ack: Ack) -> bytes:
    """A whole PUBLISH packet of an application acknowledgement: QoS 0, without properties."""
    payload = msgspec.json.encode(ack)
    head = _ack_head(terminal)
    length = len(head) + len(payload)
    return b"".join((SHORT_HEADS[length] if length < SHORT else ACK + variable_length(length), head, payload))


@cache  # an entry for each terminal; one of bounded size would shuffle a list at every hit
def _ack_head(terminal: str) -> bytes:
    """Topic with its length, and that there are no properties."""
    name = topic(terminal, "ack").encode()
    return len(name).to_bytes(2, "big") + name + b"\0"


def variable_length(length: int) -> bytes:
    """A variable byte integer of MQTT."""
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)


SHORT = 2_048
SHORT_HEADS = tuple(ACK + variable_length(length) for length in range(SHORT))
"""The fixed head of a PUBLISH at QoS 0 by what follows it."""


def _text(topic_bytes: bytes) -> str:
    try:
        return topic_bytes.decode()
    except UnicodeDecodeError:
        return UNREADABLE_TOPIC


def _topic_of(message: mqtt.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return UNREADABLE_TOPIC
