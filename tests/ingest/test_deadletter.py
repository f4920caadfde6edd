from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from ingest.cli import app
from ingest.message import Message
from ingest.writer import Writer
from schemas.telemetry import Event, Status
from tests.ingest.test_writer import write
from tests.ingest.world import NOON, NOON_MS, Registry, fields, fix, message


class Command:
    """`motorpool deadletter ...` against the test's database."""

    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["deadletter", *map(str, arguments)])

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json").stdout)


@pytest.fixture
def command(ingest_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", ingest_url)
    monkeypatch.setenv("MOTORPOOL_CLOCK", f"simulated,{NOON.isoformat()},{time.time()!r},1e-12")
    monkeypatch.setenv("COLUMNS", "250")
    yield Command()


def test_letters_are_listed_newest_first_and_filtered(
    command: Command, writer: Writer, registry: Registry
) -> None:
    registry.terminal("T1")
    write(writer, message("T1", b"{"), message("T2", fix()), message("T1", fields(lat=91)))

    assert [(letter["terminal"], letter["reason"]) for letter in command.json("list")] == [
        ("T1", "out_of_range"),
        ("T2", "unknown_terminal"),
        ("T1", "malformed"),
    ]
    assert [letter["id"] for letter in command.json("list", "--reason", "malformed")] == [1]
    assert [letter["id"] for letter in command.json("list", "--terminal", "T2", "--limit", 1)] == [2]
    assert "unknown_terminal" in command("list").stdout


def test_a_letter_is_shown_with_its_payload_and_what_to_do(command: Command, writer: Writer) -> None:
    packed = msgspec.msgpack.encode(fix())
    write(writer, message("T1", fix()), message("T1", packed), message("T1", b"\xff\xfe"))

    plain, msgpack, binary = (command.json("show", number) for number in (1, 2, 3))

    assert plain["payload"] == msgspec.json.encode(fix()).decode()
    assert msgspec.json.decode(msgpack["payload"], type=type(fix())) == fix()
    assert binary["payload"] == "fffe"
    assert "Register and activate the terminal" in command("show", 1).stdout


def test_a_letter_that_is_not_there_is_a_clear_error(command: Command, registry: Registry) -> None:
    for result in (command("show", 404), command("replay", 404)):
        assert result.exit_code == 2
        assert "No dead letter has number 404" in result.stderr


def test_replay_wants_numbers_or_all_of_them(command: Command, registry: Registry) -> None:
    for result in (command("replay"), command("replay", 1, "--all")):
        assert result.exit_code == 2
        assert "or --all" in result.stderr


def test_after_its_terminal_is_registered_a_letter_can_be_replayed(
    command: Command, writer: Writer, registry: Registry
) -> None:
    """Invariant 4: rejected messages can be inspected and replayed."""
    write(
        writer,
        message("T1", [fix(0), fix(1)]),
        message("T1", msgspec.msgpack.encode(fix(2)), content_type="application/msgpack"),
        message("T1", Event(NOON_MS, "door"), "event"),
        message("T1", Status(online=True), "status"),
    )
    vehicle = registry.vehicle("示A·10001")
    registry.bind(registry.terminal("T1"), vehicle, NOON.replace(hour=0))

    outcomes = command.json("replay", "--all", "--reason", "unknown_terminal")

    assert [(outcome["outcome"], outcome["new"]) for outcome in outcomes] == [
        ("stored", 2),
        ("stored", 1),
        ("stored", 0),
        ("stored", 0),
    ]
    assert registry.rows("SELECT seq, received_at FROM position ORDER BY seq") == [
        (seq, NOON) for seq in range(3)
    ]
    assert registry.value("SELECT vehicle_id FROM vehicle_state") == vehicle
    assert registry.value("SELECT kind FROM terminal_event") == "door"
    assert registry.value("SELECT count(*) FROM position_change") == 2
    assert registry.rows("SELECT DISTINCT replayed_at FROM dead_letter") == [(NOON,)]
    assert command.json("list") == []
    assert len(command.json("list", "--all")) == 4


def test_what_is_still_wrong_stays_and_says_why(command: Command, writer: Writer, registry: Registry) -> None:
    write(writer, message("T1", fields(lat=91)))
    registry.terminal("T1")

    result = command("replay", 1)

    assert result.exit_code == 1
    assert "1: still_rejected, 0 new. Expected `float` <= 90.0 - at `$.lat`, which is 91" in result.stdout
    assert registry.value("SELECT replayed_at FROM dead_letter") is None


def test_the_part_that_is_still_wrong_becomes_a_letter_of_its_own(
    command: Command, writer: Writer, registry: Registry
) -> None:
    bad = fields(seq=1, lat=91)
    write(writer, message("T1", [fields(), bad]))
    registry.terminal("T1")

    (outcome,) = command.json("replay", 1)

    assert (outcome["outcome"], outcome["new"]) == ("partly_stored", 1)
    (left,) = command.json("list")
    assert (left["reason"], json.loads(left["payload"])) == ("out_of_range", bad)


def test_a_letter_is_replayed_once(command: Command, writer: Writer, registry: Registry) -> None:
    write(writer, message("T1", fix()))
    registry.terminal("T1")

    assert [command.json("replay", 1)[0]["outcome"] for _ in range(2)] == ["stored", "replayed_before"]
    assert registry.value("SELECT count(*) FROM position") == 1


def test_what_was_stored_meanwhile_is_nothing_new(
    command: Command, writer: Writer, registry: Registry
) -> None:
    write(writer, message("T1", fix()))
    registry.terminal("T1")
    write(writer, message("T1", fix()))

    assert command.json("replay", 1)[0]["outcome"] == "nothing_new"


def test_a_fix_from_the_future_can_be_replayed_when_its_moment_has_come(
    command: Command, writer: Writer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.terminal("T1")
    write(writer, message("T1", fix(time=NOON_MS + 3_600_000)))

    assert command("replay", 1).exit_code == 1
    monkeypatch.setenv("MOTORPOOL_CLOCK", "simulated,2026-03-11T05:00:00+00:00,0,1e-12")
    assert command("replay", 1).exit_code == 0


def test_what_the_database_refuses_stays(command: Command, writer: Writer, registry: Registry) -> None:
    write(writer, message("T1", fix(7)))
    registry.terminal("T1")
    registry.connection.execute("ALTER TABLE position ADD CONSTRAINT no_seven CHECK (seq <> 7)")

    result = command("replay", 1)

    assert result.exit_code == 1
    assert "The database refused it" in result.stdout
    assert registry.value("SELECT replayed_at FROM dead_letter") is None


def test_an_unreachable_database_is_a_clear_error(
    command: Command, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", "postgresql://motorpool:hidden@127.0.0.1:1/nowhere")

    result = command("list")

    assert result.exit_code == 2
    assert "Check MOTORPOOL_DATABASE_URL" in result.stderr
    assert "hidden" not in result.stderr


@pytest.mark.parametrize(
    "command_line", [["ingest"], *(["deadletter", c] for c in ("list", "show", "replay"))]
)
def test_every_command_explains_itself_with_an_example(command_line: list[str]) -> None:
    result = CliRunner().invoke(app, [*command_line, "--help"])

    assert result.exit_code == 0
    assert "Example: " in result.stdout


def test_a_letter_of_no_topic_of_ours_stays(command: Command, writer: Writer, registry: Registry) -> None:
    write(writer, Message("mp/v1/zz/T1/fix", msgspec.json.encode(fix()), NOON))
    registry.terminal("T1")

    assert command("replay", "--all").exit_code == 1


def test_a_reason_that_does_not_exist_is_refused_with_those_that_do(command: Command) -> None:
    refused = command("list", "--reason", "unknown")

    assert refused.exit_code == 2
    assert "unknown_terminal" in refused.output
