"""A paho client that reads in bulk: many PUBLISH packets from one read, many acknowledgements in one write.

Stock paho makes three system calls and several objects of every message, which costs more than all we do with
it. Here one read fetches what the socket holds, and PUBLISH packets of QoS 0 and 1 are taken apart in the
buffer. Everything else (CONNACK, SUBACK, PINGRESP, DISCONNECT, QoS 2, a packet that is not as it should be)
is given to paho's own reader, byte for byte, as are connect, TLS, keepalive, reconnect and writing. That
leans on a few of paho's internals: `internals_match` says whether they are those this was written for.
"""

from __future__ import annotations

import inspect
import ssl
import struct
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import paho.mqtt
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt import MQTTException
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

log = structlog.get_logger()

TESTED_PAHO = "2.2.0"
SIGNATURES = {
    "_loop": "(self, timeout: 'float' = 1.0) -> 'MQTTErrorCode'",
    "_loop_rc_handle": "(self, rc: 'MQTTErrorCode') -> 'MQTTErrorCode'",
    "_packet_read": "(self) -> 'MQTTErrorCode'",
    "_packet_queue": "(self, command: 'int', packet: 'bytes | bytearray', mid: 'int', qos: 'int', "
    "info: 'MQTTMessageInfo | None' = None) -> 'MQTTErrorCode'",
    "_sock_recv": "(self, bufsize: 'int') -> 'bytes'",
    "reconnect": "(self) -> 'MQTTErrorCode'",
}
"""What is called or overridden here and is not paho's public interface (or is, and must stay as it is)."""

READ_BYTES = 256 * 1024
COALESCE_S = 0.004
"""After messages were read the next are awaited this long: the broker sends them one by one."""
PACKETS_A_WRITE = 512
"""A write that the socket takes in part is copied for its rest, so it must not be huge."""

PUBACK, QOS_1 = 0x40, 0x02
HEAD_MASK, HEADS = 0xF6, frozenset({0x30, 0x32})
"""PUBLISH at QoS 0 and 1, whatever else the head says (delivered again, retained)."""
SHORT_PROPERTIES = 0x80
"""A property length below this is one byte long."""
MAX_LENGTH_BYTES = 4
PUBACK_HEAD = 0x4002
PUBACK_PACKET = np.dtype([("head", ">u2"), ("mid", ">u2")])
FLAWS = (MQTTException, struct.error, ValueError, KeyError, IndexError)
"""What paho raises of a packet that is not as it should be; not all of it is caught by paho itself."""


Publish: TypeAlias = tuple[bytes, bytes, int, bytes]
"""One PUBLISH packet as it stood in the buffer: topic, payload, packet id (0 at QoS 0), properties without
their length (mostly none). A plain tuple, for there are tens of thousands in a second.
"""


class BulkClient(mqtt.Client):
    """MQTT 5, manual acknowledgement. `on_publishes` is called once for what one read brought, in order."""

    on_publishes: Callable[[list[Publish]], None]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self._protocol != mqtt.MQTTv5 or not self._manual_ack:
            raise ValueError("BulkClient reads MQTT 5 with manual_ack=True and nothing else")
        self._unread: list[bytes] = []  # the beginning of a packet whose end has not arrived
        self._unread_bytes = 0
        self._awaited_bytes = 0  # what `_unread` must hold before it is worth looking at
        self._lent: bytes | None = None  # a packet that paho's own reader is to read instead of the socket

    def reconnect(self) -> MQTTErrorCode:
        self._forget_unread()
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what is there and hand it on; in place of paho's packet by packet."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._read_available()
        except OSError:  # time-outs, TLS errors and resets alike
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        if data is None:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        return self._take_in(data)

    def acknowledge(self, mids: Sequence[int]) -> None:
        """PUBACK for each packet id, in one write; from any thread."""
        packets = np.empty(len(mids), dtype=PUBACK_PACKET)
        packets["head"] = PUBACK_HEAD
        packets["mid"] = mids
        self._packet_queue(PUBACK, packets.tobytes(), 0, 1)

    def send_packets(self, packets: Sequence[bytes]) -> None:
        """Queue finished packets that need no answer, in as few writes as make sense; from any thread."""
        for first in range(0, len(packets), PACKETS_A_WRITE):
            # Under the name of PUBACK: paho does nothing further about one that was written.
            self._packet_queue(PUBACK, b"".join(packets[first : first + PACKETS_A_WRITE]), 0, 1)

    def _read_available(self) -> bytes | None:
        """None if nothing is there yet, empty if the connection is at its end."""
        try:
            data = super()._sock_recv(READ_BYTES)
        except BlockingIOError:
            return None
        if not isinstance(self._sock, ssl.SSLSocket):
            return data
        return data + self._read_more_records(len(data)) if data else data

    def _read_more_records(self, have: int) -> bytes:
        """TLS gives one record for each call, at most 16 KiB; take all that are there."""
        records: list[bytes] = []
        while have < READ_BYTES:
            try:
                record = super()._sock_recv(READ_BYTES)
            except BlockingIOError:
                break
            if not record:
                break  # the next read finds the end again
            records.append(record)
            have += len(record)
        return b"".join(records)

    def _take_in(self, data: bytes) -> MQTTErrorCode:
        full = len(data) >= READ_BYTES
        self._unread.append(data)
        self._unread_bytes += len(data)
        if self._unread_bytes < self._awaited_bytes:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        buffer = self._unread[0] if len(self._unread) == 1 else b"".join(self._unread)
        self._forget_unread()
        received, result = self._read_packets(buffer)
        if received and not full and result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            time.sleep(COALESCE_S)
        return result

    def _read_packets(self, buffer: bytes) -> tuple[bool, MQTTErrorCode]:
        """Every whole packet of `buffer`: whether messages were handed on, and a verdict. Keeps the rest."""
        position, received = 0, False
        while True:
            publishes, position = read_publishes(buffer, position)
            if publishes:
                received = True
                self.on_publishes(publishes)
            end, least = packet_end(buffer, position)
            if end is None or end > len(buffer):
                self._keep(buffer[position:], least)
                return received, MQTTErrorCode.MQTT_ERR_SUCCESS
            result = self._read_by_paho(buffer[position:end])
            if result > 0:
                return received, self._loop_rc_handle(result)
            if self._sock is None:  # a callback closed the connection
                return received, MQTTErrorCode.MQTT_ERR_NO_CONN
            position = end

    def _read_by_paho(self, packet: bytes) -> MQTTErrorCode:
        self._lent = packet
        try:
            return self._packet_read()
        except FLAWS:  # would end the network thread, and nothing would ever be received again
            log.exception(
                "a packet of the broker could not be read; connecting anew", packet=packet[:64].hex()
            )
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self._lent = None

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._lent is None:
            return super()._sock_recv(bufsize)
        if not self._lent:
            raise BlockingIOError
        data, self._lent = self._lent[:bufsize], self._lent[bufsize:]
        return data

    def _keep(self, rest: bytes, awaited: int) -> None:
        self._unread = [rest] if rest else []
        self._unread_bytes, self._awaited_bytes = len(rest), awaited

    def _forget_unread(self) -> None:
        self._unread, self._unread_bytes, self._awaited_bytes = [], 0, 0


def read_publishes(buffer: bytes, position: int) -> tuple[list[Publish], int]:  # noqa: PLR0912 - hot
    """The PUBLISH packets of QoS 0 and 1 from `position` on, up to the first that is incomplete or anything
    else.

    Returns where that begins. A packet with a flaw ends the run as well: what to do about it is paho's to
    say.
    """
    found: list[Publish] = []
    add, size = found.append, len(buffer)
    while position + 2 <= size:  # one flat loop: a call for each message would cost as much as the rest
        if buffer[position] & HEAD_MASK not in HEADS:
            break
        length, at = buffer[position + 1], position + 2
        if length & 0x80:
            if at < size and buffer[at] < 0x80:
                length += (buffer[at] - 1) << 7
                at += 1
            else:
                length, at = _long_length(buffer, position + 1)
                if length < 0:
                    break
        end = at + length
        if end > size or length < 2:
            break
        topic_at = at + 2
        at = topic_at + (buffer[at] << 8 | buffer[at + 1])
        if buffer[position] & QOS_1:
            payload_at = at + 3
            if payload_at > end or at == topic_at:
                break
            mid = buffer[at] << 8 | buffer[at + 1]
        else:
            payload_at = at + 1
            if payload_at > end or at == topic_at:
                break
            mid = 0
        properties_length = buffer[payload_at - 1]
        if properties_length:
            properties = buffer[payload_at : payload_at + properties_length]
            payload_at += properties_length
            if properties_length >= SHORT_PROPERTIES or payload_at > end or not well_formed(properties):
                break
            add((buffer[topic_at:at], buffer[payload_at:end], mid, properties))
        else:
            add((buffer[topic_at:at], buffer[payload_at:end], mid, b""))
        position = end
    return found, position


def packet_end(buffer: bytes, position: int) -> tuple[int | None, int]:
    """Where the packet at `position` ends, and how many of its bytes must be there before it is looked at
    again.

    None while its length is not known. A length of more than four bytes is a fault: its end is given as being
    right behind, so that paho judges it.
    """
    if position + 2 > len(buffer):
        return None, 2
    length, at = _long_length(buffer, position + 1)
    if length >= 0:
        return at + length, at + length - position
    if len(buffer) - position - 1 > MAX_LENGTH_BYTES:
        return position + 2 + MAX_LENGTH_BYTES, 0
    return None, len(buffer) - position + 1


def _long_length(buffer: bytes, position: int) -> tuple[int, int]:
    """The variable byte integer at `position` and where it ends; -1 if it does not end within four bytes."""
    length, shift = 0, 0
    for at in range(position, min(position + MAX_LENGTH_BYTES, len(buffer))):
        length |= (buffer[at] & 0x7F) << shift
        if buffer[at] < 0x80:
            return length, at + 1
        shift += 7
    return -1, position


@lru_cache(maxsize=1_024)
def content_type(properties: bytes) -> str:
    """The content type among the properties of a PUBLISH; empty if there is none."""
    return str(getattr(_unpacked(properties), "ContentType", ""))


@lru_cache(maxsize=1_024)
def well_formed(properties: bytes) -> bool:
    """Whether paho can read them."""
    try:
        _unpacked(properties)
    except FLAWS:
        return False
    return True


def _unpacked(properties: bytes) -> Properties:
    unpacked = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    unpacked.unpack(bytes([len(properties)]) + properties)  # type: ignore[no-untyped-call]
    return unpacked


def internals_match() -> bool:
    """Whether this paho is the one whose internals are relied on here."""
    return paho.mqtt.__version__ == TESTED_PAHO and all(
        str(inspect.signature(getattr(mqtt.Client, name, _absent))) == signature
        for name, signature in SIGNATURES.items()
    )


def _absent() -> None:
    """Stands for a method that is gone; its signature is none of ours."""
