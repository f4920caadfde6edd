"""Many terminals over a few connections: the load of the benchmark, and its ledger.

A process of its own, so that its work is not counted as the worker's. It sends one message of each terminal
in turn, over and over, stamped with the moment it is sent. Some of the terminals listen for their
acknowledgements: as messages are dealt with in their order, these tell how far the consumer is, and how long
it took.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import msgspec
import numpy as np

from ingest.positions import Column
from schemas.telemetry import Ack, topic

BOOT = 1
FIRST_SEQ = 1_000_000
"""Numbers have as many digits all through, so that packets keep their length."""
FIX = (
    '{"time":%013d,"sent":%013d,"boot":1,"seq":%07d,"oldest":%07d,"lon":%.6f,"lat":%.6f,"speed":42.5,'
    '"heading":135,"fixed":true,"altitude":40.5,"odometer":%07d.5,"ignition":true,"energy":71,"satellites":14,'
    '"hdop":0.8,"alarm":0,"status":3}'
)
STAMP_DIGITS, SEQ_DIGITS = 13, 7
BETWEEN_FIXES_MS = 1_000
CHUNK = 20
"""Messages sent at once over one connection."""
DRAIN_S = 0.01
CONNECT_TIMEOUT_S = 10.0
PATIENCE_S = 60.0
CONNECT, PUBLISH, PUBLISH_QOS_1, SUBSCRIBE, DISCONNECT = 0x10, 0x30, 0x32, 0x82, 0xE0


class Load(msgspec.Struct, frozen=True):
    """What to send. Times in seconds."""

    url: str
    codes: list[str]
    messages: int
    first_seq: int = FIRST_SEQ
    fixes: int = 1
    """In each message."""
    rate: float = 0.0
    """Messages per second; 0: as many as the consumer takes."""
    warm_up: int = 0
    """So many messages are not counted."""
    outstanding: int = 15_000
    """Sent and not dealt with yet, at most: more than Receive Maximum, so that the consumer never waits."""
    listen_every: int = 100
    """Of so many terminals one listens."""
    connections: int = 4
    ca_file: str = ""


class Warm(msgspec.Struct, frozen=True):
    """Said when the warm-up is over: from here on it counts."""

    dealt_with: int
    cpu_s: float


class Outcome(msgspec.Struct, frozen=True):
    """What came of it. Latency in ms, from sending to the acknowledgement, which follows the commit."""

    messages: int
    """That were dealt with since the warm-up."""
    rate: float
    """Of these, per second."""
    latency_p50: float
    latency_p99: float
    cpu_s: float


@dataclass
class Link:
    """One connection."""

    socket: socket.socket
    unsent: bytes = b""
    unread: bytes = b""
    next_mid: int = 1

    def send(self, data: bytes) -> None:
        self.unsent += data
        self.flush()

    def flush(self) -> None:
        while self.unsent:
            try:
                sent = self.socket.send(self.unsent)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            self.unsent = self.unsent[sent:]

    def receive(self) -> bytes:
        """Everything that has arrived."""
        received: list[bytes] = []
        while True:
            try:
                data = self.socket.recv(65_536)
            except (BlockingIOError, ssl.SSLWantReadError):
                return b"".join(received)
            if not data:
                raise ConnectionError("the broker closed a connection of the load")
            received.append(data)

    def packets(self) -> list[tuple[int, bytes]]:
        """Whole packets that arrived: head and what follows the length."""
        data, at, found = self.unread + self.receive(), 0, []
        while (end := _packet(data, at)) is not None:
            found.append((data[at], data[end[0] : end[1]]))
            at = end[1]
        self.unread = data[at:]
        return found


@dataclass
class Ledger:
    """When the listening terminals' messages were sent, and when they were told."""

    load: Load
    sent_at: dict[int, float] = field(default_factory=dict)  # by message
    told: dict[int, int] = field(default_factory=dict)  # by terminal: laps
    latencies: list[float] = field(default_factory=list)
    reached: int = 0  # every message before this was dealt with
    started: tuple[int, float] | None = None
    ended: tuple[int, float] = (0, 0.0)

    def hear(self, terminal: int, ack: Ack) -> None:
        now = time.perf_counter()
        laps = (ack.upto - self.load.first_seq + 1) // self.load.fixes
        for lap in range(self.told.get(terminal, 0), laps):
            message = lap * len(self.load.codes) + terminal
            sent_at = self.sent_at.pop(message, None)
            if sent_at is not None and message >= self.load.warm_up:
                self.latencies.append((now - sent_at) * 1000)
            self.reached = max(self.reached, message + 1)
        self.told[terminal] = max(laps, self.told.get(terminal, 0))
        if self.started is None and self.reached > self.load.warm_up:
            self.started = (self.reached, now)
        self.ended = (self.reached, now)

    @property
    def rate(self) -> float:
        first, since = self.started or (0, 0.0)
        last, until = self.ended
        return (last - first) / (until - since) if until > since else 0.0


def run(load: Load) -> Outcome:
    """Send it all and wait until the listening terminals were told of everything."""
    packets = _Packets(load)
    links = [connect(load, f"load-{first_of(load)}-{k}") for k in range(load.connections)]
    ears = connect(load, f"ears-{first_of(load)}")
    listening = {
        topic(code, "ack").encode(): k for k, code in enumerate(load.codes) if not k % load.listen_every
    }
    subscribe(ears, list(listening))
    poll = select.epoll()
    poll.register(ears.socket.fileno(), select.EPOLLIN)
    ledger = Ledger(load)
    say("ready")
    sys.stdin.readline()
    last = load.messages - 1 - (load.messages - 1) % len(load.codes) % load.listen_every
    warmed_up = load.warm_up - (load.warm_up - 1) % load.listen_every if load.warm_up else 0
    sent, turn, started, cpu = 0, 0, time.perf_counter(), time.process_time()
    warm: Warm | None = None
    heard_at = drained_at = started
    while ledger.reached <= last:
        now = time.perf_counter()
        if ledger.reached < warmed_up:
            started = now  # the pace begins when the warm-up has been dealt with
        due = _due(load, ledger, now - started)
        busy = False
        for _ in range(len(links)):
            link = links[turn % len(links)]
            turn += 1
            if link.unsent:
                link.flush()
            elif sent < due:
                count = packets.chunk(sent, min(CHUNK, due - sent))
                data = packets.stamped(sent, count, link)
                _note(ledger, sent, count)
                link.send(data)
                sent += count
                busy = True
        if poll.poll(0 if busy else 0.001) and _listen(ears, listening, ledger):
            heard_at = now
        if now - drained_at > DRAIN_S:  # the broker's word that it has them is not what is waited for
            drained_at = now
            for link in links:
                link.receive()
        if warm is None and ledger.started is not None:
            warm = Warm(ledger.started[0], time.process_time() - cpu)
            say(warm)
        if now - heard_at > PATIENCE_S:
            raise TimeoutError(
                f"no acknowledgement for {PATIENCE_S:.0f} s; {sent} sent, {ledger.reached} dealt with"
            )
    cpu = time.process_time() - cpu
    _leave([*links, ears])
    latencies = np.array(ledger.latencies or [0.0])
    before = warm or Warm(0, 0.0)
    return Outcome(
        messages=sent - before.dealt_with,
        rate=ledger.rate,
        latency_p50=float(np.percentile(latencies, 50)),
        latency_p99=float(np.percentile(latencies, 99)),
        cpu_s=cpu - before.cpu_s,
    )


def say(what: object) -> None:
    """To the process that measures, in a line of JSON."""
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


def _listen(ears: Link, listening: dict[bytes, int], ledger: Ledger) -> bool:
    """Enter what arrived; whether any of it was an acknowledgement."""
    heard = False
    for name, payload in (_publish(body) for head, body in ears.packets() if head & 0xF0 == PUBLISH):
        if name in listening:
            ledger.hear(listening[name], msgspec.json.decode(payload, type=Ack))
            heard = True
    return heard


def _due(load: Load, ledger: Ledger, paced_s: float) -> int:
    """How many messages may have been sent by now, a chunk for each connection at a time: one by one, sending
    would cost the machine more than what is measured.
    """
    paced = load.messages
    if load.rate:
        stride = CHUNK * load.connections
        paced = load.warm_up + int(paced_s * load.rate) // stride * stride
    return min(load.messages, paced, ledger.reached + load.outstanding)


def _leave(links: list[Link]) -> None:
    for link in links:
        link.socket.setblocking(True)
        link.socket.sendall(bytes([DISCONNECT, 0]))
        link.socket.close()


def first_of(load: Load) -> str:
    """Tells the clients of one run from those of another."""
    return f"{load.codes[0]}-{load.first_seq}"


def _note(ledger: Ledger, first: int, count: int) -> None:
    load = ledger.load
    now = time.perf_counter()
    for message in range(first, first + count):
        if not message % len(load.codes) % load.listen_every:
            ledger.sent_at[message] = now


class _Packets:
    """A PUBLISH packet for every terminal, with places to stamp."""

    def __init__(self, load: Load) -> None:
        self._load = load
        rows = [self._packet(code, k) for k, code in enumerate(load.codes)]
        self._rows = np.frombuffer(b"".join(rows), dtype="u1").reshape(len(rows), -1)
        sample = rows[0]
        self._mid_at = sample.index(b"/fix") + 4
        self._stamps = _places(sample, b'"time":'), _places(sample, b'"sent":')
        self._numbers = tuple(_places(sample, name) for name in (b'"seq":', b'"oldest":', b'"odometer":'))

    def chunk(self, first: int, count: int) -> int:
        """So many of `count` messages from `first` on lie in one lap."""
        return min(count, len(self._rows) - first % len(self._rows))

    def stamped(self, first: int, count: int, link: Link) -> bytes:
        load = self._load
        lap, terminal = divmod(first, len(self._rows))
        rows: Column = self._rows[terminal : terminal + count].copy()
        now = time.time_ns() // 1_000_000
        for k, (time_at, sent_at) in enumerate(zip(*self._stamps, strict=True)):
            _write(rows, time_at, now - (load.fixes - 1 - k) * BETWEEN_FIXES_MS, STAMP_DIGITS)
            _write(rows, sent_at, now, STAMP_DIGITS)
        first_seq = load.first_seq + lap * load.fixes
        for k, (seq_at, oldest_at, odometer_at) in enumerate(zip(*self._numbers, strict=True)):
            _write(rows, seq_at, first_seq + k, SEQ_DIGITS)
            _write(rows, oldest_at, first_seq, SEQ_DIGITS)
            _write(rows, odometer_at, first_seq + k, SEQ_DIGITS)
        mids = (link.next_mid - 1 + np.arange(count)) % 65_535 + 1
        link.next_mid = int(mids[-1]) % 65_535 + 1
        rows[:, self._mid_at], rows[:, self._mid_at + 1] = mids >> 8, mids & 255
        return rows.tobytes()

    def _packet(self, code: str, place: int) -> bytes:
        lon, lat = 117 + place % 1000 / 10_000, 36 + place % 997 / 10_000
        one = FIX % (0, 0, 0, 0, lon, lat, 0)
        payload = one if self._load.fixes == 1 else f"[{','.join([one] * self._load.fixes)}]"
        body = _text(topic(code, "fix").encode()) + bytes(2) + payload.encode()
        return bytes([PUBLISH_QOS_1]) + _length(len(body)) + body


def _places(packet: bytes, name: bytes) -> list[int]:
    """Where the values of this name stand."""
    found, at = [], packet.find(name)
    while at >= 0:
        found.append(at + len(name))
        at = packet.find(name, at + 1)
    return found


def _write(rows: Column, at: int, number: int, digits: int) -> None:
    rows[:, at : at + digits] = np.frombuffer(b"%0*d" % (digits, number), dtype="u1")


def connect(load: Load, client_id: str) -> Link:
    """MQTT 3.1.1, clean session, no keepalive."""
    url = urlsplit(load.url)
    raw = socket.create_connection((url.hostname or "", url.port or 1883), CONNECT_TIMEOUT_S)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if load.ca_file:
        context = ssl.create_default_context(cafile=load.ca_file)
        raw = context.wrap_socket(raw, server_hostname=url.hostname)
    flags, sign_in = 0x02, b""
    if url.username and url.password:
        flags |= 0xC0
        sign_in = _text(unquote(url.username).encode()) + _text(unquote(url.password).encode())
    body = _text(b"MQTT") + bytes([4, flags, 0, 0]) + _text(client_id.encode()) + sign_in
    raw.sendall(bytes([CONNECT]) + _length(len(body)) + body)
    answer = raw.recv(4)
    if len(answer) < 4 or answer[3]:
        raise ConnectionError(f"the broker refused a connection of the load: {answer.hex()}")
    raw.setblocking(False)
    return Link(raw)


def subscribe(link: Link, topics: list[bytes]) -> None:
    for first in range(0, len(topics), 500):
        body = struct.pack(">H", 1 + first) + b"".join(
            _text(name) + b"\0" for name in topics[first : first + 500]
        )
        link.socket.setblocking(True)
        link.socket.sendall(bytes([SUBSCRIBE]) + _length(len(body)) + body)
        link.socket.setblocking(False)


def _text(value: bytes) -> bytes:
    return struct.pack(">H", len(value)) + value


def _length(count: int) -> bytes:
    encoded = b""
    while True:
        count, digit = divmod(count, 128)
        encoded += bytes([digit | (0x80 if count else 0)])
        if not count:
            return encoded


def _packet(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the body of the packet at `start` begins and ends, if all of it is there."""
    length, shift = 0, 0
    for at in range(start + 1, min(len(data), start + 5)):
        length |= (data[at] & 0x7F) << shift
        if data[at] < 0x80:
            return (at + 1, at + 1 + length) if at + 1 + length <= len(data) else None
        shift += 7
    return None


def _publish(body: bytes) -> tuple[bytes, bytes]:
    end = 2 + (body[0] << 8 | body[1])
    return body[2:end], body[end:]


if __name__ == "__main__":
    load = msgspec.json.decode(sys.stdin.readline(), type=Load)
    say(run(load))
