"""The bulk reader says what stock paho says of the same bytes, however they are cut."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest import bulk_client
from ingest.bulk_client import BulkClient, Publish, content_type, internals_match

SOURCES = {
    "_loop": "7372a4c2fc81b7f4",
    "_loop_rc_handle": "ee5ad3b7849433a4",
    "_packet_read": "bbe32d8af1e37955",
    "_packet_queue": "e298fa9ab31e5f79",
    "_packet_write": "d097b7b51bed128d",
    "_sock_recv": "c3b9043a46dd81b7",
    "_handle_publish": "1bbaa3ef0e3afc6d",
    "reconnect": "3ecdf1a8299e8c8a",
}


class Received(NamedTuple):
    """A message as either client hands it on."""

    topic: bytes
    payload: bytes
    mid: int
    content_type: str


class Heard:
    """One client at the end of a socket pair, and what it handed on."""

    def __init__(self, client: mqtt.Client, near: socket.socket) -> None:
        self.messages: list[Received] = []
        self.subscribed: list[int] = []
        self.client = client
        near.setblocking(False)
        client._sock = near  # type: ignore[assignment]
        client._state = mqtt._ConnectionState.MQTT_CS_CONNECTED
        client.on_message = self._on_message
        client.on_subscribe = lambda _c, _d, mid, _r, _p: self.subscribed.append(mid)
        if isinstance(client, BulkClient):
            client.on_publishes = self._on_publishes

    def read(self) -> MQTTErrorCode:
        """All that is there; the first verdict that is not success."""
        for _ in range(2_000):
            if self.client._sock is None:
                return MQTTErrorCode.MQTT_ERR_NO_CONN
            before = self._progress()
            result = self.client.loop_read()
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return result
            if self._progress() == before and not _readable(self.client._sock):
                break
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _progress(self) -> tuple[int, int]:
        return len(self.messages), len(self.subscribed)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        kind = getattr(message.properties, "ContentType", "")
        self.messages.append(
            Received(message._topic, bytes(message.payload), message.mid if message.qos else 0, kind)
        )

    def _on_publishes(self, publishes: Sequence[Publish]) -> None:
        self.messages += [Received(*publish[:3], content_type(publish[3])) for publish in publishes]


def _readable(sock: Any) -> bool:
    if isinstance(sock, ssl.SSLSocket):
        return sock.pending() > 0
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def new_client(kind: type[mqtt.Client]) -> mqtt.Client:
    return kind(CallbackAPIVersion.VERSION2, client_id="reader", protocol=mqtt.MQTTv5, manual_ack=True)


@contextmanager
def heard_by(kind: type[mqtt.Client]) -> Iterator[tuple[Heard, socket.socket]]:
    near, far = socket.socketpair()
    try:
        yield Heard(new_client(kind), near), far
    finally:
        near.close()
        far.close()


def length_of(count: int) -> bytes:
    encoded = b""
    while True:
        count, digit = divmod(count, 128)
        encoded += bytes([digit | (0x80 if count else 0)])
        if not count:
            return encoded


def packet(head: int, body: bytes) -> bytes:
    return bytes([head]) + length_of(len(body)) + body


def publish(
    topic: bytes, payload: bytes, qos: int, mid: int, properties: bytes = b"\0", flags: int = 0
) -> bytes:
    number = struct.pack(">H", mid) if qos else b""
    return packet(
        0x30 | qos << 1 | flags, struct.pack(">H", len(topic)) + topic + number + properties + payload
    )


def properties_of(kind: str, pairs: list[tuple[str, str]]) -> bytes:
    properties = Properties(PacketTypes.PUBLISH)
    if kind:
        properties.ContentType = kind
    for pair in pairs:
        properties.UserProperty = pair
    return bytes(properties.pack())


text = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=20)
topics = st.one_of(
    st.sampled_from([b"mp/v1/00/T1/fix", b"\xff\xfe", b"mp/\xc3\x28"]), st.binary(min_size=1, max_size=200)
)
all_properties = st.one_of(
    st.just(b"\0"), st.builds(properties_of, text, st.lists(st.tuples(text, text), max_size=8))
)
publishes = st.builds(
    publish,
    topics,
    st.binary(max_size=400),
    st.integers(0, 1),
    st.integers(1, 65_535),
    all_properties,
    st.sampled_from([0, 8]),
)
answers = st.one_of(
    st.just(packet(0xD0, b"")),  # PINGRESP
    st.builds(lambda mid: packet(0x90, struct.pack(">H", mid) + b"\0\1"), st.integers(1, 65_535)),  # SUBACK
)
flaws = st.one_of(
    st.builds(lambda body: packet(0x32, body), st.binary(max_size=12)),
    st.builds(lambda body: packet(0x36, body), st.binary(max_size=12)),
    st.builds(lambda junk: publish(b"t", b"", 1, 1, junk), st.binary(min_size=1, max_size=6)),
    st.just(b"\x32\xff\xff\xff\xff\x01"),
)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[first:last] for first, last in itertools.pairwise(edges)]


def outcome(kind: type[mqtt.Client], pieces: Sequence[bytes]) -> tuple[list[Received], list[int], bool]:
    """Messages, subscriptions, and whether the connection is kept."""
    with heard_by(kind) as (heard, far):
        for piece in pieces:
            far.sendall(piece)
            try:
                result = heard.read()
            except bulk_client.FLAWS:  # stock paho's network thread would have died of it
                return heard.messages, heard.subscribed, False
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return heard.messages, heard.subscribed, False
        return heard.messages, heard.subscribed, True


@pytest.fixture
def tls_pair(tmp_path: Path) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """Our end and the broker's, after their handshake."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=broker",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=str(certificate))
    client.check_hostname = False
    near, far = socket.socketpair()
    with ThreadPoolExecutor(1) as pool:
        accepted = pool.submit(server.wrap_socket, far, server_side=True)
        with client.wrap_socket(near) as ours, accepted.result() as theirs:
            yield ours, theirs


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_client, "COALESCE_S", 0)


@settings(max_examples=150, deadline=None)
@given(
    packets=st.lists(st.one_of(publishes, publishes, answers), max_size=20),
    places=st.lists(st.integers(0, 10_000), max_size=12),
)
def test_the_same_stream_gives_the_same_messages_as_stock_paho(
    packets: list[bytes], places: list[int]
) -> None:
    pieces = cut(b"".join(packets), places)

    assert outcome(BulkClient, pieces) == outcome(mqtt.Client, pieces)


@settings(max_examples=150, deadline=None)
@given(
    before=st.lists(publishes, max_size=4),
    flaw=flaws,
    after=st.lists(publishes, max_size=2),
    places=st.lists(st.integers(0, 10_000), max_size=6),
)
def test_a_flawed_packet_is_judged_by_paho_itself(
    before: list[bytes], flaw: bytes, after: list[bytes], places: list[int]
) -> None:
    pieces = cut(b"".join([*before, flaw, *after]), places)

    assert outcome(BulkClient, pieces) == outcome(mqtt.Client, pieces)


def test_a_large_packet_arrives_whole() -> None:
    payload = bytes(range(256)) * 8_000
    stream = publish(b"t", b"small", 1, 1) + publish(b"t", payload, 1, 2) + publish(b"t", b"last", 0, 0)
    pieces = [stream[at : at + 50_000] for at in range(0, len(stream), 50_000)]

    messages, _, kept = outcome(BulkClient, pieces)

    assert kept
    assert [(len(message.payload), message.mid) for message in messages] == [
        (5, 1),
        (len(payload), 2),
        (4, 0),
    ]
    assert messages[1].payload == payload


def test_the_end_of_the_connection_is_noticed_after_what_came_before_it() -> None:
    with heard_by(BulkClient) as (heard, far):
        far.sendall(publish(b"t", b"x", 1, 7))
        far.close()

        assert heard.client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
        assert heard.client.loop_read() == MQTTErrorCode.MQTT_ERR_CONN_LOST
    assert [message.mid for message in heard.messages] == [7]


def test_half_a_packet_of_a_lost_connection_is_not_joined_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with heard_by(BulkClient) as (heard, far), heard_by(BulkClient) as (_other, next_far):
        whole = publish(b"t", b"payload", 1, 7)
        far.sendall(whole[:6])
        heard.read()
        monkeypatch.setattr(heard.client, "_create_socket", lambda: _other.client._sock)
        heard.client._host = "nowhere"
        heard.client.reconnect()
        next_far.sendall(whole)
        heard.read()

        assert [message.payload for message in heard.messages] == [b"payload"]


def test_acknowledgements_of_a_batch_are_one_write() -> None:
    with heard_by(BulkClient) as (heard, far):
        client = heard.client
        assert isinstance(client, BulkClient)
        client.acknowledge([1, 2, 65_535])
        client.send_packets([b"one", b"two"])

        assert far.recv(100) == b"\x40\x02\0\1\x40\x02\0\2\x40\x02\xff\xffonetwo"


def test_tls_records_beyond_the_first_are_read_as_well(tls_pair: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    """select() does not see what TLS has decrypted already."""
    near, far = tls_pair
    heard = Heard(new_client(BulkClient), near)
    for number in range(1, 41):
        far.sendall(publish(b"t", bytes(4_000), 1, number))

    for _ in range(50):
        heard.read()

    assert [message.mid for message in heard.messages] == list(range(1, 41))


def test_the_reader_leans_on_the_paho_it_was_written_for() -> None:
    """If this fails paho has changed: read its source, then adapt the reader, this table and the version."""
    assert internals_match()
    found = {
        name: hashlib.sha256(inspect.getsource(getattr(mqtt.Client, name)).encode()).hexdigest()[:16]
        for name in SOURCES
    }
    assert found == SOURCES


def test_another_paho_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_client.paho.mqtt, "__version__", "2.3.0")
    assert not internals_match()

    monkeypatch.undo()
    monkeypatch.setattr(mqtt.Client, "_packet_queue", lambda self: None)
    assert not internals_match()
