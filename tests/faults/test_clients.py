"""Clients besides our own: whatever speaks MQTT 5 is stored and told of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from fleet.local.paths import LocalPaths
from fleet.supervision.files import Recording, read_track
from schemas.telemetry import Ack, topic
from simulators.replay.recording import AS_FAST_AS_POSSIBLE, RecordedTerminal, shift_to_present
from simulators.terminals.ledger import Ledger, read_ledger
from simulators.terminals.radio import BrokerAddress, Radio
from tests.faults.background import Background
from tests.faults.foreign import mosquitto_clients, npm_client
from tests.faults.stack import PASSWORD, Stack
from tests.ingest.conftest import eventually
from tests.ingest.world import fix

FIXES = 40
PATIENCE_S = 60.0
TICK_S = 0.02
GEOLIFE = Path(__file__).parents[2].parent / "shared" / "data" / "geolife"
_numbers = itertools.count(1)


@pytest.fixture
def stack(running: tuple[Stack, Background]) -> Stack:
    return running[0]


@pytest.fixture
def terminal(stack: Stack) -> str:
    """A terminal that no other test uses, known to database and broker."""
    code = f"C{next(_numbers):04d}"
    stack.enrol_while_running(code)
    return code


def payload(seq: int) -> str:
    return msgspec.json.encode(fix(seq)).decode()


def stored(stack: Stack, terminal: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(
            """SELECT p.seq, p.time, p.lon, p.lat
               FROM position AS p JOIN terminal AS t ON t.id = p.terminal_id
               WHERE t.code = %s ORDER BY p.time, p.seq""",
            [terminal],
        ).fetchall()


def test_fixes_of_mosquitto_pub_are_stored_and_mosquitto_rr_hears_the_acknowledgement(
    stack: Stack, terminal: str, paths: LocalPaths
) -> None:
    clients = mosquitto_clients(paths)
    as_terminal = ["-h", "127.0.0.1", "-p", str(stack.broker.port), "-V", "5", "-q", "1"]
    as_terminal += ["-i", terminal, "-u", terminal, "-P", PASSWORD, "-t", topic(terminal, "fix")]

    lines = "".join(f"{payload(seq)}\n" for seq in range(FIXES))
    clients.run("mosquitto_pub", *as_terminal, "-l", lines=lines)
    eventually(lambda: len(stored(stack, terminal)) == FIXES, "all fixes are stored")
    answer = clients.run(
        "mosquitto_rr", *as_terminal, "-e", topic(terminal, "ack"), "-m", payload(FIXES), "-W", "30"
    )

    assert msgspec.json.decode(answer, type=Ack) == Ack(boot=1, upto=FIXES)
    assert [seq for seq, *_ in stored(stack, terminal)] == list(range(FIXES + 1))


def test_fixes_of_a_terminal_on_npm_mqtt_are_stored_and_acknowledged(
    stack: Stack, terminal: str, paths: LocalPaths
) -> None:
    environment = {
        "MQTT_URL": f"mqtt://{terminal}:{PASSWORD}@127.0.0.1:{stack.broker.port}",
        "TERMINAL": terminal,
        "FIX_TOPIC": topic(terminal, "fix"),
        "ACK_TOPIC": topic(terminal, "ack"),
    }
    lines = "".join(f"{payload(seq)}\n" for seq in range(FIXES))

    printed = npm_client(paths).run("npm_terminal.cjs", environment, lines)

    assert msgspec.json.decode(printed.splitlines()[-1], type=Ack) == Ack(boot=1, upto=FIXES - 1)
    assert [seq for seq, *_ in stored(stack, terminal)] == list(range(FIXES))


def a_drive(folder: Path) -> Recording:
    """Two minutes, a fix every second."""
    lines = [f"2026-03-01T08:{s // 60:02d}:{s % 60:02d}Z,{117 + s / 5000},36.65,40,90\n" for s in range(120)]
    file = folder / "drive.csv"
    file.write_text("time,lon,lat,speed,heading\n" + "".join(lines))
    return read_track([file])


def a_walk_in_beijing(_folder: Path) -> Recording:
    if not GEOLIFE.is_dir():
        pytest.skip(f"GeoLife is not there: {GEOLIFE}")
    return read_track([min(GEOLIFE.glob("*/Trajectory/*.plt"))])


@pytest.mark.parametrize("track", [a_drive, a_walk_in_beijing])
async def test_a_recorded_track_comes_through_the_broker_fix_by_fix(
    stack: Stack, terminal: str, track: Callable[[Path], Recording], tmp_path: Path
) -> None:
    """The simulator's own radio, from a recording to the hypertable and back as acknowledgements."""
    recording = track(tmp_path)
    now = stack.clock.now()
    first, last = recording.fixes[0].time, recording.fixes[-1].time
    shift = shift_to_present(first, last, now, speed=AS_FAST_AS_POSSIBLE, clock_rate=1.0)
    sender = RecordedTerminal(terminal, recording.fixes, boot=1, shift=shift, speed=AS_FAST_AS_POSSIBLE)
    ledger = Ledger(tmp_path / "told")
    radio = Radio(sender, PASSWORD, BrokerAddress("127.0.0.1", stack.broker.port), ledger)

    async with asyncio.timeout(PATIENCE_S):
        while not sender.finished:
            sender.feed(0.0)
            radio.tick(stack.clock.now())
            radio.keep_alive()
            await asyncio.sleep(TICK_S)
    radio.close()
    ledger.close()

    sent = {(milliseconds(fix.time + shift), fix.lon, fix.lat) for fix in recording.fixes}
    rows = stored(stack, terminal)
    assert {(milliseconds(time), lon, lat) for _, time, lon, lat in rows} == sent
    assert len(rows) <= len(recording.fixes) == len(list(read_ledger(tmp_path / "told")))


def milliseconds(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
