"""The few MQTT 5 packets a terminal needs, by hand: nothing is shared with the client the product uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONNACK, PUBLISH, SUBACK = 2, 3, 9
PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"
NO_PROPERTIES = b"\x00"
FAILED = 0x80
"""Reason codes from here on are refusals."""


@dataclass(frozen=True, slots=True)
class Packet:
    kind: int
    flags: int
    body: bytes

    @property
    def reason(self) -> int:
        """Of a CONNACK, or of a SUBACK for one topic."""
        return self.body[1] if self.kind == CONNACK else self.body[-1]

    @property
    def payload(self) -> bytes:
        """Of a PUBLISH."""
        at = 2 + int.from_bytes(self.body[:2], "big")
        if self.flags & 0b110:
            at += 2
        length, at = _read_varint(self.body, at)
        return self.body[at + length :]


class Incoming:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Packet]:
        self._buffer += data
        while len(self._buffer) >= 2:
            try:
                length, start = _read_varint(self._buffer, 1)
            except IndexError:
                return
            if len(self._buffer) < start + length:
                return
            first = self._buffer[0]
            body = bytes(self._buffer[start : start + length])
            del self._buffer[: start + length]
            yield Packet(first >> 4, first & 0x0F, body)


def connect(client_id: str, password: str, keepalive_s: int) -> bytes:
    """A clean start as the user of the same name."""
    flags = 0b1100_0010
    head = _text("MQTT") + bytes([5, flags]) + keepalive_s.to_bytes(2, "big") + NO_PROPERTIES
    return _packet(0x10, head + _text(client_id) + _text(client_id) + _text(password))


def subscribe(number: int, topic: str) -> bytes:
    return _packet(0x82, number.to_bytes(2, "big") + NO_PROPERTIES + _text(topic) + b"\x01")


def publish(number: int, topic: str, payload: bytes) -> bytes:
    """At QoS 1."""
    return _packet(0x32, _text(topic) + number.to_bytes(2, "big") + NO_PROPERTIES + payload)


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _varint(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _varint(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (128 if number else 0))
        if not number:
            return bytes(digits)


def _read_varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """The number and where what follows it begins; IndexError when bytes are missing."""
    number = shift = 0
    while True:
        digit = data[at]
        number |= (digit & 127) << shift
        shift, at = shift + 7, at + 1
        if digit < 128:
            return number, at
