"""A terminal under test: keeps every fix until we told it that it is handled, reconnects with full jitter."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from schemas.telemetry import Ack, Fix, topic
from simulators.terminals.outbox import Outbox
from tests.faults import wire
from tests.faults.ledger import Fate, Ledger, Taken, Told

KEEPALIVE_S = 60
RESEND_AFTER_S = 4.0
"""Sooner than real terminals do, so that more is sent twice."""
PING_AFTER_S, SILENT_AFTER_S = 2.0, 8.0
CONNECT_S = 5.0
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 8.0
REMEMBERED_PAYLOADS = 20

decode_ack = msgspec.json.Decoder(Ack).decode


@dataclass(frozen=True)
class Disguise:
    """How far this terminal's clock is wrong, and where its fixes have to end up because of that."""

    skew_ms: int = 0
    fate: Fate = "stored"


class Terminal:
    """Belongs to the thread of its event loop. Times are monotonic seconds unless they say ms UTC."""

    def __init__(
        self, code: str, password: str, address: tuple[str, int], ledger: Ledger, boot: int, seed: str
    ) -> None:
        self.code = code
        self.disguise = Disguise()
        self.scrambles = False
        self.connected = False
        self.told = 0
        self.newest_told = -1
        self._password = password
        self._address = address
        self._ledger = ledger
        self._random = random.Random(f"{seed}/{code}")
        self._outboxes = [Outbox(boot, RESEND_AFTER_S)]
        self._numbers: dict[tuple[int, int], int] = {}
        self._acks: list[Ack] = []
        self._old_payloads: deque[bytes] = deque(maxlen=REMEMBERED_PAYLOADS)
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._attempts = self._packet_number = 0
        self._retry_at = self._heard_at = self._spoke_at = 0.0

    def __len__(self) -> int:
        """Fixes it holds."""
        return sum(len(outbox) for outbox in self._outboxes)

    def take(self, number: int, now_ms: int) -> None:
        """A new fix; `number` counts those of all terminals."""
        outbox, disguise = self._outboxes[-1], self.disguise
        time = now_ms + disguise.skew_ms
        fix = Fix(
            time=time, sent=time, boot=outbox.boot, seq=outbox.take_number(), oldest=0,
            lon=round(117 + self._random.random(), 6), lat=round(36 + self._random.random(), 6),
            speed=round(self._random.uniform(0, 120), 1), heading=self._random.randrange(360), fixed=True,
            ignition=True, satellites=12, hdop=0.8,
        )  # fmt: skip
        outbox.put(fix)
        self._numbers[fix.boot, fix.seq] = number
        self._ledger.taken(Taken(self.code, fix.boot, fix.seq, fix.time, fix.lon, fix.lat, disguise.fate))

    def reboot(self) -> None:
        """Numbers begin anew; what the boot before could not get rid of is kept and sent on."""
        self._outboxes.append(Outbox(self._outboxes[-1].boot + 1, RESEND_AFTER_S))
        self._drop()

    def forget_what_was_told(self) -> None:
        """Drop from the outbox what acknowledgements covered; their lines must be on the disk by now."""
        for ack in self._acks:
            for outbox in self._outboxes:
                for fix in outbox.acknowledge(ack):
                    self.told += 1
                    self.newest_told = max(self.newest_told, self._numbers.pop((fix.boot, fix.seq)))
        self._acks.clear()
        if len(self._outboxes) > 1:
            self._outboxes = [outbox for outbox in self._outboxes[:-1] if len(outbox)] + self._outboxes[-1:]

    def tend(self, real_s: float, now_ms: int) -> None:
        """Connect, send what is due, or give up a connection on which nobody answers."""
        if not self.connected:
            self._come_back(real_s)
            return
        if self._spoke_at > self._heard_at and real_s - self._heard_at > SILENT_AFTER_S:
            self._drop()
            return
        self._send_due(real_s, now_ms + self.disguise.skew_ms)
        if real_s - self._spoke_at > PING_AFTER_S:
            self._write(wire.PING)

    def close(self) -> None:
        if self._transport is not None and self.connected:
            self._transport.write(wire.GOODBYE)
            self._transport.close()
        self.connected = False

    def _send_due(self, real_s: float, sent_ms: int) -> None:
        arrays = [fixes for outbox in self._outboxes for fixes in outbox.due(real_s, sent_ms)]
        payloads = self._scrambled(arrays) if self.scrambles else [_encode(fixes) for fixes in arrays]
        self._old_payloads.extend(payloads)
        for payload in payloads:
            self._write(wire.publish(self._next_number(), topic(self.code, "fix"), payload))

    def _scrambled(self, arrays: list[list[Fix]]) -> list[bytes]:
        """Each message up to three times, old ones among them, all out of order, arrays too."""
        shuffled = [self._random.sample(fixes, len(fixes)) for fixes in arrays]
        payloads = [_encode(fixes) for fixes in shuffled for _ in range(self._random.randint(1, 3))]
        if self._old_payloads:
            payloads += self._random.choices(self._old_payloads, k=2)
        return self._random.sample(payloads, len(payloads))

    def _come_back(self, real_s: float) -> None:
        if self._transport is not None:  # it has not been let in yet
            if real_s - self._spoke_at > SILENT_AFTER_S:
                self._drop()
        elif real_s >= self._retry_at and (self._connecting is None or self._connecting.done()):
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            connecting = loop.create_connection(lambda: Link(self._hear, self._lost), *self._address)
            self._transport, _ = await asyncio.wait_for(connecting, CONNECT_S)
        except (OSError, TimeoutError):
            self._retry_later()
            return
        self._write(wire.connect(self.code, self._password, KEEPALIVE_S))

    def _retry_later(self) -> None:
        """Full jitter, so that thousands that lost their broker at once do not return at once."""
        longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0**self._attempts)
        self._attempts += 1
        self._retry_at = asyncio.get_running_loop().time() + self._random.uniform(0, longest)

    def _hear(self, transport: asyncio.Transport, packet: wire.Packet) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if packet.kind in (wire.CONNACK, wire.SUBACK):
            assert packet.reason < wire.FAILED, f"{self.code} was refused with {packet.reason:#x}"
        if packet.kind == wire.CONNACK:
            transport.write(wire.subscribe(self._next_number(), topic(self.code, "ack")))
        elif packet.kind == wire.SUBACK:
            self.connected, self._attempts = True, 0
            for outbox in self._outboxes:
                outbox.forget_sending()
        elif packet.kind == wire.PUBLISH:
            ack = decode_ack(packet.payload)
            self._ledger.told(Told(self.code, ack.boot, ack.upto, ack.ranges))
            self._acks.append(ack)

    def _lost(self, transport: asyncio.Transport) -> None:
        if transport is self._transport:
            self._forget_connection()

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._forget_connection()

    def _forget_connection(self) -> None:
        self.connected, self._transport = False, None
        self._retry_later()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)
            self._spoke_at = asyncio.get_running_loop().time()

    def _next_number(self) -> int:
        self._packet_number = self._packet_number % 65_535 + 1
        return self._packet_number


class Link(asyncio.Protocol):
    """One TCP connection of a terminal."""

    def __init__(
        self,
        hear: Callable[[asyncio.Transport, wire.Packet], None],
        lost: Callable[[asyncio.Transport], None],
    ) -> None:
        self._hear = hear
        self._lost = lost
        self._incoming = wire.Incoming()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for packet in self._incoming.feed(data):
            self._hear(self._transport, packet)

    def connection_lost(self, _reason: Exception | None) -> None:
        self._lost(self._transport)


def _encode(fixes: list[Fix]) -> bytes:
    return msgspec.json.encode(fixes[0] if len(fixes) == 1 else fixes)
