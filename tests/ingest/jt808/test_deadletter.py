"""What the gateway put aside, as `motorpool deadletter` shows it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from ingest.cli import app
from ingest.jt808.header import Frame, Header, Version, read_frame, write_frame
from ingest.jt808.messages.registry import write_body
from ingest.jt808.messages.reports import LocationReport
from ingest.jt808.reading import show_payload
from ingest.jt808.receiver import GatewayReceiver
from tests.ingest.conftest import CLOCK
from tests.ingest.jt808.conftest import location
from tests.ingest.jt808.terminal import Terminal

DeadLetter = Callable[..., Result]


@pytest.fixture
def deadletter(ingest_url: str, monkeypatch: pytest.MonkeyPatch) -> DeadLetter:
    """`motorpool deadletter ...`, which has to succeed."""
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", ingest_url)
    monkeypatch.setenv("MOTORPOOL_CLOCK", CLOCK)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Result:
        result = CliRunner().invoke(app, ["deadletter", *words])
        assert result.exit_code == 0, result.output
        return result

    return run


def test_a_frame_is_shown_in_hexadecimal_with_what_it_says(
    gateway: GatewayReceiver, phone: str, deadletter: DeadLetter
) -> None:
    """Invariant 4: rejected messages can be inspected."""
    with Terminal(gateway.port, phone, Version.V2019) as stranger:
        frame = stranger.frame(LocationReport(location()), stranger.serial)
        stranger.send_bytes(frame)
        assert stranger.is_answered(0, result=1)

    letter = json.loads(deadletter("show", "1", "--json").stdout)
    shown = deadletter("show", "1").stdout

    assert letter["payload"] == frame.hex()
    assert (
        letter["says"]["header"] | {"phone": phone, "message": "0x0200", "version": 2019}
        == (letter["says"]["header"])
    )
    assert (letter["says"]["body"]["latitude"], letter["says"]["body"]["speed"]) == (36.65, 42.5)
    assert '"speed": 42.5' in shown
    assert frame.hex()[:40] in shown
    assert json.loads(deadletter("list", "--json").stdout) == [letter]


def test_a_frame_that_cannot_be_read_says_why(
    gateway: GatewayReceiver, phone: str, deadletter: DeadLetter
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        whole = read_frame(terminal.frame(LocationReport(location()), terminal.serial)[1:-1])
        terminal.send_bytes(terminal.frame(LocationReport(location()), 7, data=whole.body[:20]))
        assert terminal.is_answered(7, result=2)

    letter = json.loads(deadletter("show", "1", "--json").stdout)

    assert letter["payload"].startswith("7e0200")
    assert "too short" in letter["unreadable"]
    assert "says" not in letter


def test_a_frame_that_would_pass_for_text_is_hexadecimal_too() -> None:
    heartbeat = write_frame(Frame(Header(0x0002, "12345678", 1), b""))
    assert heartbeat.decode()

    shown = show_payload(heartbeat)

    assert shown["payload"] == heartbeat.hex()
    assert shown["says"]["header"]["message"] == "0x0002"


def test_a_body_without_its_frames_is_called_so() -> None:
    body = write_body(LocationReport(location()), Version.V2013)

    shown = show_payload(body)

    assert shown["payload"] == body.hex()
    assert "several frames" in shown["unreadable"]
