"""A TCP proxy that spoils a connection as networks do: slow, cut, half-open, partitioned."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.faults.background import Background

Mode = Literal["pass", "slow", "throttled", "cut", "half_open", "partition"]

LATENCY_S = 0.4
THROTTLED_CHUNK_S = 0.1
CHUNK = 65_536
BACKLOG = 1_000
CONNECT_S = 5.0


@dataclass(eq=False)
class Pair:
    """Both halves of a connection. A swallowed one stays open while its bytes vanish."""

    halves: list[asyncio.StreamWriter] = field(default_factory=list)
    swallowed: bool = False

    def close(self) -> None:
        """An orderly end, after what is on its way."""
        for writer in self.halves:
            writer.close()

    def reset(self) -> None:
        """RST in both directions."""
        for writer in self.halves:
            end: socket.socket | None = writer.get_extra_info("socket")
            if end is not None and not writer.transport.is_closing():
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Listens on a loopback address and port of its own and forwards to the port `upstream`.

    `cut`: connections are reset, new ones too. `half_open`: connections stay, their bytes vanish; when it
    ends they are reset, as a middlebox does that no longer knows them. `partition`: bytes and new
    connections wait until it ends, as TCP repeats what was not confirmed.
    """

    def __init__(
        self,
        background: Background,
        upstream: int,
        host: str = "127.0.0.1",
        throttled_bytes_per_s: int = 20_000,
    ) -> None:
        self.host = host
        self._background = background
        self._upstream = upstream
        self._throttled_bytes_per_s = throttled_bytes_per_s
        self._mode: Mode = "pass"
        self._pairs: set[Pair] = set()
        self._whole = asyncio.Event()
        self._whole.set()
        self._server = background.run(self._listen())

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address

    @property
    def connections(self) -> int:
        return len(self._pairs)

    @contextmanager
    def spoiled(self, mode: Mode) -> Iterator[None]:
        """The network is like this for as long as it lasts."""
        self._background.run(self._change(mode))
        try:
            yield
        finally:
            self._background.run(self._change("pass"))

    def close(self) -> None:
        self._background.run(self._close())

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, self.host, 0, backlog=BACKLOG)

    async def _close(self) -> None:
        self._server.close()
        self._reset_all()

    async def _change(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "partition":
            self._whole.clear()
        else:
            self._whole.set()
        if mode == "cut":
            self._reset_all()
        if mode == "half_open":
            for pair in self._pairs:
                pair.swallowed = True
        if mode == "pass":
            for pair in [pair for pair in self._pairs if pair.swallowed]:
                pair.reset()

    def _reset_all(self) -> None:
        for pair in list(self._pairs):
            pair.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = Pair([writer], swallowed=self._mode == "half_open")
        self._pairs.add(pair)
        try:
            if pair.swallowed:
                await self._pump(pair, reader, writer)
            else:
                await self._forward(pair, reader, writer)
            pair.close()
        except (OSError, TimeoutError, asyncio.CancelledError):
            pair.reset()  # one end went away: so does the other
        finally:
            self._pairs.discard(pair)

    async def _forward(self, pair: Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        if self._mode == "cut":
            raise ConnectionResetError
        connecting = asyncio.open_connection("127.0.0.1", self._upstream)
        there_reader, there_writer = await asyncio.wait_for(connecting, CONNECT_S)
        pair.halves.append(there_writer)
        pumps = [
            asyncio.ensure_future(self._pump(pair, reader, there_writer)),
            asyncio.ensure_future(self._pump(pair, there_reader, writer)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        if pair.swallowed:  # nor does the other end hear that this one left
            await asyncio.wait(pumps)
        for pump in pumps:
            pump.cancel()
        outcomes = await asyncio.gather(*pumps, return_exceptions=True)
        if any(isinstance(outcome, OSError) for outcome in outcomes):
            raise ConnectionResetError

    async def _pump(self, pair: Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(self._chunk()):
            if not pair.swallowed:
                await self._whole.wait()
                await asyncio.sleep(self._delay(len(data)))
            if pair.swallowed:
                continue
            writer.write(data)
            await writer.drain()

    def _chunk(self) -> int:
        return round(self._throttled_bytes_per_s * THROTTLED_CHUNK_S) if self._mode == "throttled" else CHUNK

    def _delay(self, size: int) -> float:
        if self._mode == "slow":
            return LATENCY_S
        return size / self._throttled_bytes_per_s if self._mode == "throttled" else 0.0
