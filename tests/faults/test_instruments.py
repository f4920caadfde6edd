"""The instruments of the fault tests themselves: a checker that sees nothing would prove nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.faults.background import Background
from tests.faults.check import Auditor, Verdict
from tests.faults.ledger import Fate, Ledger, Taken, Told
from tests.faults.proxy import Proxy
from tests.faults.schedule import KILLS_OF_EACH, long_schedule, short_schedule

NOON = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
INSERT = """
INSERT INTO position (terminal_id, time, digest, sent_at, received_at, boot, seq, lon, lat,
                      speed_kmh, heading_deg, fixed)
SELECT id, %(time)s, %(digest)s, %(time)s, %(time)s, 1, %(seq)s, %(lon)s, 36, 0, 0, true FROM terminal
"""
SECONDS = 10.0


@pytest.mark.parametrize("schedule", [long_schedule, short_schedule])
def test_a_seed_names_one_schedule(schedule: Callable[[int], object]) -> None:
    assert schedule(7) == schedule(7) != schedule(8)


@pytest.mark.parametrize("part", ["worker", "database", "broker"])
def test_the_long_schedule_kills_each_part_twenty_times_at_least(part: str) -> None:
    faults = [fault for strike in long_schedule(1) for fault in strike.faults]
    assert sum((fault.kind, fault.target) == ("kill", part) for fault in faults) >= KILLS_OF_EACH


def taken(seq: int, fate: Fate = "stored") -> Taken:
    return Taken("K1", 1, seq, round((NOON + timedelta(seconds=seq)).timestamp() * 1000), 117.5, 36.0, fate)


@pytest.fixture
def auditor(database_url: str, tmp_path: Path) -> Auditor:
    """Of a terminal that took five fixes and was told of the first four; all four are stored."""
    ledger = Ledger(tmp_path / "ledger")
    for seq in range(5):
        ledger.taken(taken(seq))
    ledger.told(Told("K1", 1, 1, [[3, 3]]))
    ledger.told(Told("K1", 1, -1, [[2, 2]]))
    ledger.close()
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO terminal (code) VALUES ('K1')")
    for seq in range(4):
        store(database_url, seq)
    return Auditor(ledger.path, database_url)


def store(database_url: str, seq: int, lon: float = 117.5, digest: int = 1) -> None:
    with psycopg.connect(database_url) as connection:
        time = NOON + timedelta(seconds=seq)
        connection.execute(INSERT.encode(), {"time": time, "seq": seq, "lon": lon, "digest": digest})


def execute(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())


FAULTLESS = Verdict(told=4, lost=0, doubled=0, premature=0, invented=0)


def test_the_checker_is_content_when_everything_told_is_stored(auditor: Auditor) -> None:
    assert auditor.verify_all() == FAULTLESS


def test_the_checker_finds_a_fix_that_is_gone(auditor: Auditor, database_url: str) -> None:
    execute(database_url, "DELETE FROM position WHERE seq = 2")
    assert auditor.verify_fresh().lost == 1
    assert auditor.verify_all() == replace(FAULTLESS, lost=1)


def test_the_checker_finds_a_fix_that_is_stored_twice(auditor: Auditor, database_url: str) -> None:
    store(database_url, 3, digest=2)
    assert auditor.verify_all() == replace(FAULTLESS, doubled=1)


def test_the_checker_finds_a_fix_whose_content_was_altered(auditor: Auditor, database_url: str) -> None:
    execute(database_url, "UPDATE position SET lat = 37 WHERE seq = 1")
    assert auditor.verify_all() == replace(FAULTLESS, lost=1, invented=1)


def test_the_checker_finds_a_fix_that_nobody_sent(auditor: Auditor, database_url: str) -> None:
    store(database_url, 99)
    assert auditor.verify_all() == replace(FAULTLESS, invented=1)


def test_a_stored_fix_of_which_nobody_was_told_yet_is_no_fault(auditor: Auditor, database_url: str) -> None:
    store(database_url, 4)
    assert auditor.verify_all() == FAULTLESS


def test_the_checker_finds_an_acknowledgement_of_what_was_not_taken_yet(
    auditor: Auditor, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.told(Told("K1", 1, 3, [[5, 6]]))
    ledger.close()
    assert auditor.verify_all() == replace(FAULTLESS, premature=1)


def test_the_checker_looks_for_what_was_put_aside_among_the_dead_letters(
    database_url: str, auditor: Auditor, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.taken(taken(10, "aside"))
    ledger.taken(taken(11, "aside"))
    ledger.told(Told("K1", 1, 3, [[10, 11]]))
    ledger.close()
    execute(
        database_url,
        """INSERT INTO dead_letter (received_at, topic, payload, reason, detail, terminal)
           VALUES ('2026-03-11', 't', '{"boot": 1, "seq": 10}', 'future', 'too early', 'K1')""",
    )
    assert auditor.verify_all() == replace(FAULTLESS, told=6, lost=1)


@pytest.fixture
def background() -> Iterator[Background]:
    with Background() as background:
        yield background


@pytest.fixture
def echo(background: Background) -> Iterator[int]:
    """The port of a server that sends back what it gets."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()

    server = background.run(asyncio.start_server(serve, "127.0.0.1", 0))
    yield int(server.sockets[0].getsockname()[1])
    background.loop.call_soon_threadsafe(server.close)


@pytest.fixture
def proxy(background: Background, echo: int) -> Iterator[Proxy]:
    proxy = Proxy(background, echo)
    yield proxy
    proxy.close()


@pytest.fixture
def caller(proxy: Proxy) -> Iterator[socket.socket]:
    """A connection through the proxy that has been used already."""
    with socket.create_connection(proxy.address, SECONDS) as caller:
        assert ask(caller, b"before") == b"before"
        yield caller


def ask(caller: socket.socket, question: bytes) -> bytes:
    caller.sendall(question)
    return caller.recv(4096)


@pytest.mark.parametrize("mode", ["slow", "throttled"])
def test_a_slow_network_delivers_all_the_same(proxy: Proxy, caller: socket.socket, mode: str) -> None:
    with proxy.spoiled(mode):  # type: ignore[arg-type]
        assert ask(caller, b"slowly") == b"slowly"


def test_a_cut_resets_connections_and_refuses_new_ones(proxy: Proxy, caller: socket.socket) -> None:
    with proxy.spoiled("cut"):
        with pytest.raises(ConnectionResetError):
            caller.recv(1)
        with (
            pytest.raises(ConnectionResetError),  # while it connects, or after
            socket.create_connection(proxy.address, SECONDS) as newcomer,
        ):
            newcomer.recv(1)
    with socket.create_connection(proxy.address, SECONDS) as newcomer:
        assert ask(newcomer, b"again") == b"again"


def test_a_half_open_connection_swallows_all_and_is_reset_when_the_network_is_whole(
    proxy: Proxy, caller: socket.socket
) -> None:
    with proxy.spoiled("half_open"):
        caller.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(caller, b"into the void")
        caller.settimeout(SECONDS)
    with pytest.raises(ConnectionResetError):
        caller.recv(1)


def test_a_partition_keeps_what_was_sent_until_it_ends(proxy: Proxy, caller: socket.socket) -> None:
    with proxy.spoiled("partition"):
        caller.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(caller, b"later")
        caller.settimeout(SECONDS)
    assert caller.recv(4096) == b"later"
