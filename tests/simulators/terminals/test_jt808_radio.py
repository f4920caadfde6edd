"""A simulated JT/T 808 terminal against the real gateway, with a network between them that fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner

from ingest.jt808.cli import app
from ingest.jt808.messages.reports import LocationBatchReport, LocationReport
from ingest.jt808.messages.terminal import Authentication, Registration, TerminalResponse
from ingest.jt808.receiver import GatewayReceiver
from ingest.jt808.settings import GatewaySettings
from simulators.proof.stored import StoredReport, check_stored
from simulators.terminals import jt808_radio
from simulators.terminals.car import Car
from simulators.terminals.jt808_radio import GatewayAddress, Jt808Radio
from simulators.terminals.jt808_report import as_the_standard_says_it
from simulators.terminals.ledger import Ledger, read_ledger
from simulators.terminals.receiver import Receiver, Sky
from simulators.terminals.terminal import Silence, Terminal
from tests.ingest.conftest import CLOCK, PATIENCE_S
from tests.ingest.jt808.conftest import running
from tests.ingest.world import NOON, Registry
from tests.simulators.terminals.relay import Relay, relay_to

PHONE, PLATE = "1064800000002", "示A·10115"
START = NOON - timedelta(minutes=10)
SECOND = timedelta(seconds=1)
SILENCE = Silence(START + 61 * SECOND, START + 71 * SECOND)


@dataclass
class Road:
    """A terminal in a parked car that takes a fix every second, its radio, and where its fixes end up."""

    terminal: Terminal
    radio: Jt808Radio
    ledger: Path
    registry: Registry
    url: str
    seconds: int = 0

    def take(self, fixes: int) -> None:
        self.seconds += fixes
        self.terminal.observe(START + (self.seconds - 1) * SECOND)

    async def until(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"never came true: {what}"
            self.radio.tick(START + self.seconds * SECOND)
            self.radio.keep_alive()
            await asyncio.sleep(0.01)

    async def until_all_is_told(self) -> None:
        await self.until("all is told", lambda: self.told == self.seconds)

    @property
    def told(self) -> int:
        return sum(1 for _ in read_ledger(self.ledger))

    @property
    def stored(self) -> int:
        count: int = self.registry.value("SELECT count(*) FROM position")
        return count

    def proof(self) -> StoredReport:
        return check_stored(self.url, read_ledger(self.ledger))


@pytest.fixture
def registry(database_url: str) -> Iterator[Registry]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        registry = Registry(connection)
        registry.value("INSERT INTO terminal (code, protocol) VALUES (%s, 'jt808') RETURNING id", PHONE)
        yield registry


@pytest.fixture
def gateway(registry: Registry, role_url: Callable[[str], str]) -> Iterator[GatewayReceiver]:
    settings = GatewaySettings(
        database_url=role_url("motorpool_ingest"), clock=CLOCK, gateway_port=0, gateway_poll_s=0.05
    )
    with running(settings) as receiver:
        yield receiver


@pytest.fixture
async def relay(gateway: GatewayReceiver) -> AsyncIterator[Relay]:
    async with relay_to(gateway.port) as relay:
        yield relay


@pytest.fixture
async def road(relay: Relay, registry: Registry, database_url: str, tmp_path: Path) -> AsyncIterator[Road]:
    terminal = Terminal(
        PHONE,
        Car("petrol", 117.9, 36.6, 12_000, 70),
        Receiver(Sky([], []), np.random.default_rng(7)),
        boot=1,
        starts_at=START,
        interval_moving=SECOND,
        interval_parked=SECOND,
        silences=[SILENCE],
        resend_after_s=float("inf"),
        expressed=as_the_standard_says_it,
    )
    ledger = Ledger(tmp_path / "ledger.jsonl")
    radio = Jt808Radio(terminal, PLATE, GatewayAddress("127.0.0.1", relay.port), ledger)
    yield Road(terminal, radio, tmp_path / "ledger.jsonl", registry, database_url)
    radio.close()
    ledger.close()


async def test_a_live_fix_is_reported_by_itself_and_told_once_it_is_stored(road: Road, relay: Relay) -> None:
    """DESIGN 4.1 over JT/T 808: told is stored."""
    await road.until("it is connected", lambda: road.radio.connected)
    road.take(3)
    await road.until_all_is_told()

    kinds = [type(body) for body in relay.heard[0]]
    assert kinds == [Registration, Authentication, LocationReport, LocationReport, LocationReport]
    assert road.proof() == StoredReport(told=3, stored=3, lost=0, doubled=0, told_jt808=3)


async def test_what_was_taken_before_the_connection_comes_as_a_batch_from_a_blind_spot(
    road: Road, relay: Relay
) -> None:
    road.take(3)
    await road.until_all_is_told()

    (batch,) = [body for body in relay.heard[0] if isinstance(body, LocationBatchReport)]
    assert (batch.count, batch.type) == (3, 1)
    assert road.proof() == StoredReport(told=3, stored=3, lost=0, doubled=0, told_jt808=3)


async def test_what_was_not_answered_is_not_told_and_sent_again_over_the_next_connection(
    road: Road, relay: Relay
) -> None:
    """DESIGN 4.1: the answers are lost, the fixes are stored once all the same."""
    await road.until("it is connected", lambda: road.radio.connected)
    relay.mute = True
    road.take(3)
    await road.until("they are stored", lambda: road.stored == 3)
    assert road.told == 0

    relay.cut()
    relay.mute = False
    road.take(1)
    await road.until_all_is_told()

    first, second = relay.heard
    assert [body.type for body in second if isinstance(body, LocationBatchReport)] == [1]
    assert not any(isinstance(body, Registration) for body in second)
    assert not any(isinstance(body, LocationBatchReport) for body in first)
    assert road.proof() == StoredReport(told=4, stored=4, lost=0, doubled=0, told_jt808=4)


async def test_a_gateway_that_does_not_answer_is_left_and_called_anew(
    road: Road, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    await road.until("it is connected", lambda: road.radio.connected)
    monkeypatch.setattr(jt808_radio, "PATIENCE_S", 0.2)
    relay.mute = True
    road.take(1)
    await road.until("it has given up", lambda: not road.radio.connected)
    relay.mute = False
    monkeypatch.undo()
    await road.until_all_is_told()

    assert road.proof() == StoredReport(told=1, stored=1, lost=0, doubled=0, told_jt808=1)


async def test_without_coverage_fixes_pile_up_and_go_out_afterwards(road: Road, relay: Relay) -> None:
    road.take(60)
    await road.until_all_is_told()
    road.take(5)
    await road.until("it lost coverage", lambda: not road.radio.connected)
    assert road.told == 60

    road.take(10)
    await road.until_all_is_told()

    assert sum(body.count for body in relay.heard[-1] if isinstance(body, LocationBatchReport)) == 15
    assert road.proof() == StoredReport(told=75, stored=75, lost=0, doubled=0, told_jt808=75)


async def test_a_terminal_whose_code_the_office_took_back_registers_anew(road: Road, relay: Relay) -> None:
    await road.until("it is connected", lambda: road.radio.connected)
    road.registry.connection.execute("DELETE FROM jt808_terminal")
    relay.cut()
    road.take(1)
    await road.until_all_is_told()

    assert any(isinstance(body, Registration) for body in relay.heard[-1])


async def test_it_shows_texts_and_says_where_it_is(
    road: Road, relay: Relay, role_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", role_url("motorpool_api"))
    monkeypatch.setenv("MOTORPOOL_CLOCK", CLOCK)
    road.take(1)
    await road.until_all_is_told()

    for words in (["send-text", PHONE, "请速回单位"], ["locate", PHONE]):
        asked = asyncio.create_task(
            asyncio.to_thread(CliRunner().invoke, app, ["jt808", *words, "--wait", "20"])
        )
        await road.until("it is answered", asked.done)
        command = json.loads(asked.result().stdout.splitlines()[-1])
        assert command["status"] == "done"

    assert any(isinstance(body, TerminalResponse) for body in relay.heard[0])
    assert road.stored == 1
