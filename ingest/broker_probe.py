"""Asks a broker over MQTT 5 what it would do with our messages, without touching anybody else's."""

from __future__ import annotations

import contextlib
import queue
import secrets
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.errors import BrokerProbeError
from ingest.settings import BrokerAddress
from schemas.telemetry import topic

T = TypeVar("T")

ANSWER_S = 5.0
QUEUED = 2_000
"""Messages the queue is tried with: twice what Mosquitto and others keep of themselves."""
IN_FLIGHT = 20
"""No broker grants less; one that grants no more ends the connection of who exceeds it."""
SESSION_S = 7 * 86_400
"""The session expiry asked for, to see whether the broker grants it."""
TRIAL_S = 60
"""How long the broker keeps the trial's session should we die in it."""


@dataclass(frozen=True)
class Handshake:
    """What the broker said of itself in its CONNACK. None: it said nothing, which MQTT 5 gives a meaning."""

    maximum_qos: int | None = None
    retain_available: bool | None = None
    wildcards_available: bool | None = None
    shared_available: bool | None = None
    maximum_packet_bytes: int | None = None
    receive_maximum: int | None = None
    session_expiry_s: int | None = None


@dataclass(frozen=True)
class Queueing:
    """Of `sent` messages for a client that is away, `kept` were there when it came back."""

    sent: int
    kept: int


def shake_hands(address: BrokerAddress, ca_file: Path | None) -> Handshake:
    """Connect as we are, and leave. Raises BrokerProbeError."""
    with _connected(address, ca_file, _new_name(), expiry_s=SESSION_S, ends=True) as station:
        told = station.told
    return Handshake(
        maximum_qos=_number(told, "MaximumQoS"),
        retain_available=_flag(told, "RetainAvailable"),
        wildcards_available=_flag(told, "WildcardSubscriptionAvailable"),
        shared_available=_flag(told, "SharedSubscriptionAvailable"),
        maximum_packet_bytes=_number(told, "MaximumPacketSize"),
        receive_maximum=_number(told, "ReceiveMaximum"),
        session_expiry_s=_number(told, "SessionExpiryInterval"),
    )


def lets_strangers_in(address: BrokerAddress, ca_file: Path | None) -> bool:
    """Whether somebody without a name may connect."""
    nobody = BrokerAddress(address.host, address.port, address.tls)
    try:
        with _connected(nobody, ca_file, _new_name()):
            return True
    except BrokerProbeError:
        return False


def try_queue(address: BrokerAddress, ca_file: Path | None, messages: int = QUEUED) -> Queueing:
    """Have the broker queue for a client that is away, and count what it kept. Raises BrokerProbeError.

    The topic is an `ack` of a terminal that does not exist: the user of ingest may write and read it, and
    nobody listens to it.
    """
    name = _new_name()
    own = topic(name, "ack")
    with _connected(address, ca_file, name, expiry_s=TRIAL_S) as away:
        away.subscribe(own)
    with _connected(address, ca_file, _new_name()) as sender:
        sender.send(own, messages)
    with _connected(address, ca_file, name, expiry_s=TRIAL_S, ends=True) as back:
        kept = back.count()
    return Queueing(messages, kept)


class _Station:
    """A connected client whose answers can be waited for."""

    def __init__(self, address: BrokerAddress, ca_file: Path | None, name: str, expiry_s: int) -> None:
        self._connack: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._suback: queue.Queue[str] = queue.Queue()
        self._puback: queue.Queue[str] = queue.Queue()
        self._heard: queue.Queue[None] = queue.Queue()
        self.told: Any = None
        self._expiry_s = expiry_s
        self._address = address
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.tls:
            client.tls_set(ca_certs=str(ca_file) if ca_file else None)
        client.on_connect = lambda _c, _u, _f, reason, told: self._connack.put(
            (str(reason) if reason.is_failure else "", told)
        )
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self._connack.put((str(reason), None))
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._suback.put(
            str(reasons[0]) if reasons[0].is_failure else ""
        )
        client.on_publish = lambda _c, _u, _m, reason, _p: self._puback.put(
            str(reason) if reason.is_failure else ""
        )
        client.on_message = lambda *_: self._heard.put(None)
        client.max_inflight_messages_set(IN_FLIGHT)
        self.client = client

    def connect(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._expiry_s
        properties.ReceiveMaximum = 65_535
        where = f"The broker at {self._address.host}:{self._address.port}"
        try:
            self.client.connect(
                self._address.host, self._address.port, clean_start=False, properties=properties
            )
        except (OSError, ssl.SSLError) as error:
            raise BrokerProbeError(f"{where} cannot be reached: {error}") from error
        self.client.loop_start()
        refusal, self.told = _next(self._connack, f"{where} does not answer over MQTT 5")
        if refusal:
            raise BrokerProbeError(f"{where} refused us: {refusal}. Check MOTORPOOL_MQTT_URL")

    def subscribe(self, what: str) -> None:
        self.client.subscribe(what, qos=1)
        refusal = _next(self._suback, "The broker does not answer a subscription")
        if refusal:
            raise BrokerProbeError(f"The broker refused to let us listen to {what}: {refusal}")

    def send(self, where: str, messages: int) -> None:
        for number in range(messages):
            self.client.publish(where, number.to_bytes(4, "big"), qos=1)
        for _ in range(messages):
            refusal = _next(self._puback, "The broker does not acknowledge what it was sent")
            if refusal:
                raise BrokerProbeError(f"The broker refused what we sent to {where}: {refusal}")

    def count(self) -> int:
        """How many messages come; the end is when nothing comes for a second."""
        heard = 0
        with contextlib.suppress(queue.Empty):
            while True:
                self._heard.get(timeout=1.0)
                heard += 1
        return heard

    def leave(self, *, ends: bool) -> None:
        properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
        if ends:
            properties.SessionExpiryInterval = 0
        self.client.disconnect(properties=properties)
        self.client.loop_stop()


@contextlib.contextmanager
def _connected(
    address: BrokerAddress, ca_file: Path | None, name: str, *, expiry_s: int = 0, ends: bool = False
) -> Iterator[_Station]:
    """`ends`: the broker shall forget the session when we leave."""
    station = _Station(address, ca_file, name, expiry_s)
    try:
        station.connect()
        yield station
    finally:
        station.leave(ends=ends)


def _next(answers: queue.Queue[T], otherwise: str) -> T:
    try:
        return answers.get(timeout=ANSWER_S)
    except queue.Empty:
        raise BrokerProbeError(otherwise) from None


def _new_name() -> str:
    return f"probe-{secrets.token_hex(6)}"


def _number(told: Any, name: str) -> int | None:
    value = getattr(told, name, None)
    return None if value is None else int(value)


def _flag(told: Any, name: str) -> bool | None:
    return _optional(_number(told, name), bool)


def _optional(value: int | None, make: Callable[[int], T]) -> T | None:
    return None if value is None else make(value)
