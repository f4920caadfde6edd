"""One terminal's line: bytes in and out, serial numbers of ours, and the bound on what is not stored yet."""

from __future__ import annotations

import asyncio

from ingest.jt808.header import Frame, Header, Version, write_frame
from ingest.jt808.layout import Body
from ingest.jt808.messages.platform import GeneralResponse
from ingest.jt808.messages.registry import write_body

LONGEST_UNREAD = 64 * 1024
"""A peer that does not read our answers is cut off when so many bytes wait for it."""
READ_BYTES = 4_096


class Line:
    """A TCP connection. Writing never waits: answers are small, and who does not read them is cut off."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, window: int) -> None:
        self._reader = reader
        self._writer = writer
        self._window = window
        self._out = bytearray()  # goes out in one piece at the end of the loop's turn
        self._serial = 0
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self.version = Version.V2013  # as the terminal last spoke
        self.protocol_version = 0
        self.phone = ""
        address = writer.get_extra_info("peername")  # None once the peer has gone again
        self.peer = str(address[0]) if address else "?"

    async def read(self) -> bytes:
        """What has come; empty at the end."""
        return await self._reader.read(READ_BYTES)

    def heard(self, header: Header) -> None:
        """Answer in the version the terminal speaks."""
        self.version, self.protocol_version = header.version, header.protocol_version
        self.phone = header.phone

    def send(self, body: Body) -> int:
        """Returns the serial number the terminal will answer to."""
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        header = Header(
            message_id=body.ID,
            phone=self.phone,
            serial=serial,
            version=self.version,
            protocol_version=self.protocol_version,
        )
        self._write(write_frame(Frame(header, write_body(body, self.version))))
        return serial

    def answer(self, message_id: int, serials: tuple[int, ...], result: int) -> None:
        """0x8001 to every frame of a message."""
        for serial in serials:
            self.send(GeneralResponse(serial, message_id, result))

    def handed_over(self) -> None:
        """One more message of this line waits to be stored."""
        self._waiting += 1
        if self._waiting >= self._window:
            self._room.clear()

    def stored(self) -> None:
        """One less."""
        self._waiting -= 1
        if self._waiting < self._window:
            self._room.set()

    async def room(self) -> None:
        """Wait until the terminal may send more: not reading is what tells it to wait."""
        await self._room.wait()

    @property
    def open(self) -> bool:
        return not self._writer.is_closing()

    def close(self) -> None:
        """What was written is still sent."""
        self._room.set()
        self._flush()
        self._writer.close()

    def _write(self, data: bytes) -> None:
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out += data

    def _flush(self) -> None:
        out, self._out = self._out, bytearray()
        if not out or not self.open:
            return
        if self._writer.transport.get_write_buffer_size() > LONGEST_UNREAD:
            self._writer.transport.abort()
            return
        self._writer.write(out)
