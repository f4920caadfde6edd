"""What a hostile terminal tries at the broker, and what becomes of it and of its neighbours.

Its rights alone are the subject of tests/fleet/local/test_broker_rights.py; here an ingest worker listens.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from schemas.telemetry import Ack, topic
from tests.faults import wire
from tests.faults.background import Background
from tests.faults.stack import PASSWORD, Stack
from tests.fleet.local.test_broker_rights import SECONDS, Station
from tests.ingest.terminal import Terminal
from tests.ingest.world import NOON_MS, fields, fix

_numbers = itertools.count(1)
FIXES = 30
MAX_PACKET_BYTES = 65_536
"""What the broker accepts: its max_packet_size."""
ENVELOPE_BYTES = 200
"""Room for topic and packet header."""


@pytest.fixture
def stack(running: tuple[Stack, Background]) -> Stack:
    return running[0]


@pytest.fixture
def new_terminal(stack: Stack) -> Callable[[], str]:
    def make() -> str:
        code = f"A{next(_numbers):04d}"
        stack.enrol_while_running(code)
        return code

    return make


@pytest.fixture
def victim(stack: Stack, new_terminal: Callable[[], str]) -> Iterator[Terminal]:
    """An honest terminal that hears its acknowledgements."""
    code = new_terminal()
    with Terminal(code, url(stack, code)) as terminal:
        yield terminal


@pytest.fixture
def attack(stack: Stack, new_terminal: Callable[[], str]) -> Iterator[Callable[[], Station]]:
    """Signs in as a terminal with valid credentials."""
    with ExitStack() as afterwards:

        def sign_in() -> Station:
            code = new_terminal()
            station = Station(url(stack, code), code)
            afterwards.callback(station.close)
            assert station.connected.get(timeout=SECONDS) == "Success"
            return station

        yield sign_in


def url(stack: Stack, code: str) -> str:
    return f"mqtt://{code}:{PASSWORD}@127.0.0.1:{stack.broker.port}"


def rows(stack: Stack, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def stored(stack: Stack, code: str) -> list[int]:
    query = "SELECT seq FROM position JOIN terminal AS t ON t.id = terminal_id WHERE code = %s ORDER BY seq"
    return [seq for (seq,) in rows(stack, query, code)]


def letters(stack: Stack, code: str) -> list[tuple[str, bytes]]:
    return rows(stack, "SELECT reason, payload FROM dead_letter WHERE terminal = %s ORDER BY id", code)


def assert_served(stack: Stack, victim: Terminal, first: int = 0) -> None:
    """`victim` sends FIXES fixes, is told of each, and each is stored once."""
    worker = stack.children["worker"].pid
    for seq in range(first, first + FIXES):
        victim.send(fix(seq))
    assert victim.wait(lambda: victim.is_told(1, first + FIXES - 1))
    assert stored(stack, victim.code) == list(range(first + FIXES))
    assert stack.is_running("worker")
    assert stack.children["worker"].pid == worker


def test_a_terminal_that_listens_and_speaks_where_it_must_not_costs_its_victim_nothing(
    stack: Stack, victim: Terminal, attack: Callable[[], Station]
) -> None:
    """Stealing by shared subscription, eavesdropping and forging are all refused, and all is delivered."""
    thief = attack()
    for listened in (
        "#",
        "+/#",
        "$share/ingest/mp/v1/+/+/fix",
        "$share/thief/#",
        topic(victim.code, "fix"),
        topic(victim.code, "ack"),
        topic(victim.code, "command"),
        "$CONTROL/#",
    ):
        assert thief.subscribe(listened) == "Not authorized"
    forged = msgspec.json.encode(Ack(boot=1, upto=10**9))
    for spoken in (
        topic(victim.code, "fix"),
        topic(victim.code, "event"),
        topic(victim.code, "ack"),
        topic(victim.code, "command"),
        "$CONTROL/dynamic-security/v1",
        "$SYS/broker/uptime",
        "mp/v1/zz/x/fix",
    ):
        assert thief.publish(spoken, forged) == "Not authorized"

    assert_served(stack, victim)
    assert thief.heard.empty()
    assert not victim.is_told(1, 10**9)


def test_a_last_will_on_the_topic_of_another_is_never_delivered(
    stack: Stack, victim: Terminal, new_terminal: Callable[[], str]
) -> None:
    """It would make the victim forget what is not stored."""
    code = new_terminal()
    thief = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=code, protocol=mqtt.MQTTv5)
    thief.username_pw_set(code, PASSWORD)
    thief.will_set(topic(victim.code, "ack"), msgspec.json.encode(Ack(boot=1, upto=10**9)), qos=1)
    thief.connect("127.0.0.1", stack.broker.port)
    thief.loop_start()
    thief.publish(topic(code, "status"), b'{"online":true}', qos=1).wait_for_publish(SECONDS)
    thief.loop_stop()
    connection = thief.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)  # it dies without a word, so its will is carried out

    assert_served(stack, victim)
    assert not victim.is_told(1, 10**9)


@pytest.mark.parametrize("size", [MAX_PACKET_BYTES + 1, 2**20])
def test_a_packet_beyond_the_limit_costs_its_sender_the_connection_and_nobody_else_anything(
    stack: Stack, victim: Terminal, attack: Callable[[], Station], size: int
) -> None:
    thief = attack()
    thief.client.publish(topic("anything", "fix"), b"x" * size, qos=1)
    assert thief.disconnected.get(timeout=SECONDS) in ("Packet too large", "Unspecified error")
    assert_served(stack, victim)


def test_a_flood_of_retained_messages_is_refused(
    stack: Stack, victim: Terminal, attack: Callable[[], Station]
) -> None:
    for _ in range(3):
        thief = attack()
        thief.client.publish(topic("anything", "status"), b"x", qos=1, retain=True)
        assert thief.disconnected.get(timeout=SECONDS) == "Retain not supported"
    assert_served(stack, victim)


LARGEST = MAX_PACKET_BYTES - ENVELOPE_BYTES
POISON = {
    "nested beyond any stack": (b"[" * LARGEST, "malformed"),
    "nested objects": (b'{"time":' * (LARGEST // 8), "malformed"),
    "nested MessagePack": (b"\x91" * LARGEST, "malformed"),
    "a MessagePack array of four thousand million": (b"\xdd\xff\xff\xff\xff", "malformed"),
    "NaN": (b'{"lat":NaN}', "malformed"),
    "infinity": (msgspec.msgpack.encode(fields(lon=float("inf"))), "out_of_range"),
    "1e400": (msgspec.json.encode(fields()).replace(b"36.65", b"1e400"), "out_of_range"),
    "an integer beyond 64 bits": (msgspec.json.encode(fields(boot=2**80)), "out_of_range"),
    "a sequence number beyond 53 bits": (msgspec.json.encode(fields(seq=2**60)), "out_of_range"),
    "a million digits": (b'{"time":' + b"9" * (LARGEST - 20) + b"}", "out_of_range"),
    "NUL": (msgspec.json.encode(fields() | {"a\0": 1}), "malformed"),
    "bytes that are no UTF-8": (b'{"time":"\xff\xfe"}', "malformed"),
    "nothing": (b"", "malformed"),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_goes_to_the_dead_letters_and_its_neighbours_land(
    stack: Stack, victim: Terminal, name: str
) -> None:
    """DESIGN 4.4, from the wire to the table; the payload is kept as it came."""
    payload, reason = POISON[name]
    victim.send(fix(0))
    victim.send(payload)
    victim.send(fix(1))
    assert victim.wait(lambda: victim.is_told(1, 1))
    assert stored(stack, victim.code) == [0, 1]
    assert letters(stack, victim.code) == [(reason, payload)]
    assert stack.is_running("worker")


def test_a_recording_of_old_messages_sent_again_stores_nothing_new(stack: Stack, victim: Terminal) -> None:
    assert_served(stack, victim)
    for seq in reversed(range(FIXES)):
        victim.send(fix(seq))
    assert_served(stack, victim, first=FIXES)


def test_a_terminal_cannot_make_a_neighbour_vanish_by_an_array_of_good_and_bad(
    stack: Stack, victim: Terminal
) -> None:
    """One bad element of an array costs only itself."""
    good = [fields(seq=seq, time=NOON_MS - 5_000 + seq) for seq in range(FIXES)]
    bad = [fields(seq=FIXES + seq, lat=91) for seq in range(FIXES)]
    victim.send([each for pair in zip(good, bad, strict=True) for each in pair])
    assert victim.wait(lambda: victim.is_told(1, 2 * FIXES - 1))
    assert stored(stack, victim.code) == list(range(FIXES))
    assert [reason for reason, _ in letters(stack, victim.code)] == ["out_of_range"] * FIXES


def test_connections_that_never_say_who_they_are_keep_nobody_out(stack: Stack, victim: Terminal) -> None:
    """Silent ones, garbage, and half a CONNECT, more of them than the broker's backlog of 100."""
    beginnings = (b"", b"GET / HTTP/1.1\r\n\r\n", wire.connect(victim.code, "guess", 60)[:10])
    with ExitStack() as strangers:
        for number in range(150):
            stranger = socket.create_connection(("127.0.0.1", stack.broker.port), SECONDS)
            strangers.enter_context(stranger)
            stranger.sendall(beginnings[number % len(beginnings)])
        assert_served(stack, victim)
