"""One connection: its window, and a peer that does not read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest

from ingest.jt808.framing import Framer
from ingest.jt808.header import Header, Version, read_frame
from ingest.jt808.line import Line
from ingest.jt808.messages.platform import GeneralResponse
from ingest.jt808.messages.registry import read_message

Ends: TypeAlias = tuple[Line, socket.socket]


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    """Our end as a line with a window of two, and the peer's as a socket."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    line = Line(reader, writer, window=2)
    line.heard(Header(0x0002, "13800000001", 1, Version.V2019, protocol_version=1))
    yield line, theirs
    line.close()
    theirs.close()


async def test_answers_go_in_the_terminals_own_version_under_growing_serial_numbers(ends: Ends) -> None:
    line, theirs = ends
    line.answer(0x0200, (7, 8), 0)
    await asyncio.sleep(0)

    messages = [read_message(read_frame(run)) for run in Framer().feed(theirs.recv(4096))]

    assert [message.header.serial for message in messages] == [0, 1]
    assert [message.body for message in messages] == [
        GeneralResponse(7, 0x0200, 0),
        GeneralResponse(8, 0x0200, 0),
    ]
    assert {(m.header.version, m.header.protocol_version, m.header.phone) for m in messages} == {
        (Version.V2019, 1, "13800000001")
    }


async def test_a_full_window_holds_the_reader_until_something_is_stored(ends: Ends) -> None:
    line, _ = ends
    line.handed_over()
    await line.room()
    line.handed_over()
    waiting = asyncio.create_task(line.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    line.stored()

    await waiting


async def test_a_peer_that_does_not_read_our_answers_is_cut_off(ends: Ends) -> None:
    line, _ = ends
    sent = 0
    while line.open and sent < 200_000:
        line.answer(0x0002, (1,) * 500, 0)
        sent += 500
        await asyncio.sleep(0)

    assert not line.open


async def test_a_closed_line_sends_what_was_written_and_lets_its_reader_go(ends: Ends) -> None:
    line, theirs = ends
    line.handed_over()
    line.handed_over()
    line.answer(0x0200, (7,), 0)
    line.close()

    await line.room()
    assert len(Framer().feed(theirs.recv(4096))) == 1
    assert not line.open
