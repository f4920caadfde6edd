"""A stretch of the network between a terminal and the gateway: it can be cut and can lose answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from ingest.jt808.framing import Framer
from ingest.jt808.header import read_frame
from ingest.jt808.layout import Body
from ingest.jt808.messages.registry import read_message


@dataclass
class Relay:
    """`heard` is what the terminal said, connection by connection; while `mute`, no answer passes."""

    gateway_port: int
    port: int = 0
    mute: bool = False
    heard: list[list[Body]] = field(default_factory=list)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _passing: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def ended(self) -> None:
        """Until the last connection is gone."""
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.current_task()
        assert passing is not None
        self._passing.add(passing)
        inwards, outwards = await asyncio.open_connection("127.0.0.1", self.gateway_port)
        self._writers += [writer, outwards]
        self.heard.append([])
        with suppress(ConnectionError):
            await asyncio.gather(self._up(reader, outwards), self._down(inwards, writer))
        writer.close()
        outwards.close()

    async def _up(self, reader: asyncio.StreamReader, outwards: asyncio.StreamWriter) -> None:
        framer, heard = Framer(), self.heard[-1]
        while data := await reader.read(4096):
            heard += [read_message(read_frame(run)).body for run in framer.feed(data)]
            outwards.write(data)
        outwards.close()

    async def _down(self, inwards: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await inwards.read(4096):
            if not self.mute:
                writer.write(data)
        writer.close()


@asynccontextmanager
async def relay_to(gateway_port: int) -> AsyncIterator[Relay]:
    relay = Relay(gateway_port)
    server = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
        await relay.ended()
