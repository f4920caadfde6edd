"""Commands of the office, through the command line, to a terminal and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.jt808.cli import app
from ingest.jt808.errors import CommandError
from ingest.jt808.header import Version
from ingest.jt808.messages.platform import QueryLocation, SetParameters, TextMessage
from ingest.jt808.messages.reports import LocationQueryResponse
from ingest.jt808.messages.terminal import Parameter, ParametersResponse, TerminalResponse
from ingest.jt808.parameters import parameter, value_of
from ingest.jt808.receiver import GatewayReceiver
from tests.ingest.conftest import CLOCK, eventually
from tests.ingest.jt808.conftest import Settings, location, running
from tests.ingest.jt808.terminal import Terminal
from tests.ingest.world import Registry

Motorpool = Callable[..., Any]


@pytest.fixture
def motorpool(ingest_url: str, monkeypatch: pytest.MonkeyPatch) -> Motorpool:
    """`motorpool jt808 ...` with what it prints as JSON."""
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", ingest_url)
    monkeypatch.setenv("MOTORPOOL_CLOCK", CLOCK)

    def run(*words: str, status: int = 0) -> Any:
        result = CliRunner().invoke(app, ["jt808", *words])
        assert result.exit_code == status, result.output
        return json.loads(result.stdout) if result.stdout.startswith("{") else result.output

    return run


@pytest.mark.parametrize(("version", "flags"), [(Version.V2013, 0b1101), (Version.V2019, 0b1110)])
def test_a_text_reaches_the_driver_and_its_receipt_the_office(
    gateway: GatewayReceiver,
    registry: Registry,
    phone: str,
    version: Version,
    flags: int,
    motorpool: Motorpool,
) -> None:
    with Terminal(gateway.port, phone, version) as terminal:
        terminal.log_in()
        sent = motorpool("send-text", phone, "请速回单位", "--urgent", "--read-aloud")
        text = terminal.receive(TextMessage)

        assert sent["status"] in ("pending", "sent")
        assert text == TextMessage(flags=flags, text="请速回单位")
        terminal.send(TerminalResponse(terminal.heard_serial, TextMessage.ID, 0))
        eventually(lambda: _states(registry) == [("text", "done", 0)], "the command is done")


def test_a_terminal_may_refuse_a_parameter(
    gateway: GatewayReceiver, registry: Registry, phone: str, motorpool: Motorpool
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        motorpool("set-parameter", phone, "max_speed_kmh", "100")

        assert terminal.receive(SetParameters) == SetParameters((Parameter(0x55, b"\0\0\0d"),))
        terminal.send(TerminalResponse(terminal.heard_serial, SetParameters.ID, 3))
        eventually(lambda: _states(registry) == [("parameter", "refused", 3)], "the command is refused")


def test_a_terminal_says_where_it_is_when_asked(
    gateway: GatewayReceiver, registry: Registry, phone: str, motorpool: Motorpool
) -> None:
    """The answer is a fix like any other."""
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        motorpool("locate", phone)
        assert terminal.receive(QueryLocation) == QueryLocation()
        asked = terminal.heard_serial
        terminal.send(TerminalResponse(asked, QueryLocation.ID, 0))
        terminal.send(LocationQueryResponse(asked, location()))
        eventually(lambda: _states(registry) == [("locate", "done", 0)], "the command is done")

    assert registry.value("SELECT (answer->>'latitude')::float FROM terminal_command") == 36.65
    eventually(lambda: registry.value("SELECT count(*) FROM position") == 1, "the fix is stored")


def test_a_command_waits_for_its_terminal_until_it_expires(
    gateway: GatewayReceiver, registry: Registry, phone: str, motorpool: Motorpool
) -> None:
    motorpool("send-text", phone, "过期", "--within", "1")
    registry.connection.execute("UPDATE terminal_command SET expires_at = issued_at - interval '1 s'")
    motorpool("send-text", phone, "有效")
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        text = terminal.receive(TextMessage)

    assert text is not None and text.text == "有效"
    assert _states(registry)[0] == ("text", "expired", None)


def test_a_command_that_is_not_answered_is_called_so(
    settings: Settings, registry: Registry, phone: str, motorpool: Motorpool
) -> None:
    with running(settings(gateway_answer_s=0.2)) as gateway, Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        motorpool("locate", phone, "--wait", "10", status=1)

    assert _states(registry) == [("locate", "unanswered", None)]


def test_a_command_whose_terminal_leaves_is_called_unanswered(
    gateway: GatewayReceiver, registry: Registry, phone: str, motorpool: Motorpool
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        motorpool("send-text", phone, "请回电")
        assert terminal.receive(TextMessage) is not None

    eventually(lambda: _states(registry) == [("text", "unanswered", None)], "it is called unanswered")


def test_a_terminal_that_is_not_of_this_protocol_cannot_be_told_anything(
    registry: Registry, motorpool: Motorpool
) -> None:
    registry.terminal("MQTT0001")

    assert "protocol jt808" in motorpool("locate", "MQTT0001", status=2)


def test_what_cannot_be_set_is_said_before_anything_is_sent(motorpool: Motorpool) -> None:
    assert "No parameter is called 'speed'" in motorpool("set-parameter", "1", "speed", "1", status=2)
    assert "0 to 65535" in motorpool("set-parameter", "1", "fence_radius_m", "70000", status=2)
    assert "more than 1000 bytes" in motorpool("send-text", "1", "长" * 501, status=2)


def test_a_number_is_released_for_another_device(
    gateway: GatewayReceiver, phone: str, motorpool: Motorpool
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()

    assert "gets the number" in motorpool("release", phone)
    assert "No device is registered" in motorpool("release", phone, status=2)
    with Terminal(gateway.port, phone, device="D2") as successor:
        successor.log_in()


def test_parameters_of_a_terminal_are_read_by_their_type() -> None:
    assert value_of(parameter("max_speed_kmh", "100")) == 100
    assert value_of(parameter("plate", "示A·10088")) == "示A·10088"
    assert value_of(Parameter(0x55, b"\x01")) == b"\x01"
    assert value_of(Parameter(0xF364, b"\x01")) == b"\x01"
    assert ParametersResponse.ID == 0x0104
    with pytest.raises(CommandError, match="at most 255 bytes"):
        parameter("apn", "x" * 256)


def _states(registry: Registry) -> list[tuple[Any, ...]]:
    return registry.rows("SELECT kind, status, result FROM terminal_command ORDER BY id")
