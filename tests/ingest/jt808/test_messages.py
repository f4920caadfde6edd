"""Bodies of the editions, and the command that reads frames."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingest.jt808.cli import app
from ingest.jt808.errors import (
    EncryptedBodyError,
    FieldError,
    Jt808Error,
    ShortBodyError,
    UnknownMessageError,
)
from ingest.jt808.framing import Framer
from ingest.jt808.header import Frame, Header, Version, read_frame, write_frame
from ingest.jt808.layout import Body
from ingest.jt808.messages.platform import GeneralResponse, RegistrationResponse, TextMessage
from ingest.jt808.messages.registry import KINDS, read_message, write_body
from ingest.jt808.messages.reports import DriverCard, DriverIdentity, LocationReport
from ingest.jt808.messages.terminal import Authentication, Heartbeat, Registration
from ingest.jt808.reassembly import split
from ingest.jt808.show import show_message
from tests.ingest.jt808.conftest import location
from tests.ingest.jt808.wire import unhurried
from tests.ingest.world import NOON

PHONE = "13800000001"
EDITIONS = [Version.V2011, Version.V2013, Version.V2019]


def _frame(body: Body, version: Version) -> Frame:
    header = Header(body.ID, PHONE, 1, max(version, Version.V2013))
    return Frame(header, write_body(body, version))


def _text_body(text: str) -> bytes:
    return write_body(TextMessage(flags=4, text=text), Version.V2013)


@pytest.mark.parametrize("version", EDITIONS)
@pytest.mark.parametrize("plate", ["示A10088", "示AD10273", ""])
def test_a_registration_is_read_in_the_edition_it_was_written_in(version: Version, plate: str) -> None:
    registration = Registration(37, 100, "MAKER", "MP-1", "D1", 2, plate)

    message = read_message(_frame(registration, version))

    assert (message.body, message.version) == (registration, version)


@pytest.mark.parametrize("version", EDITIONS)
def test_an_authentication_carries_more_since_2019(version: Version) -> None:
    said = Authentication("code", "123456789012345", "v1.2")

    message = read_message(_frame(said, version))

    assert message.body == (said if version is Version.V2019 else Authentication("code"))


def test_a_driver_card_of_2011_is_told_from_later_ones() -> None:
    older = DriverIdentity("张师傅", "370100198001010011", "370100198001010011", "清岚市")
    withdrawn = Frame(Header(DriverCard.ID, PHONE, 1), b"\x02" + bytes.fromhex("260311120000"))

    assert read_message(_frame(older, Version.V2011)).body == older
    assert read_message(withdrawn).body == DriverCard(2, NOON)


@pytest.mark.parametrize("version", EDITIONS)
def test_chinese_text_goes_both_ways(version: Version) -> None:
    text = TextMessage(flags=4, text="请速回单位")

    assert read_message(_frame(text, version)).body == text


def test_an_unknown_id_an_encrypted_and_a_short_body_say_so() -> None:
    with pytest.raises(UnknownMessageError, match="0x0fff is unknown"):
        read_message(Frame(Header(0x0FFF, PHONE, 1), b""))
    with pytest.raises(EncryptedBodyError, match="0x0200 is encrypted"):
        read_message(Frame(Header(0x0200, PHONE, 1, encryption=1), bytes(28)))
    with pytest.raises(ShortBodyError, match="0x8001 is too short: result needs 1 bytes, 0 are left"):
        read_message(Frame(Header(0x8001, PHONE, 1), bytes(4)))


def test_an_announced_number_of_elements_that_cannot_be_is_refused_at_once() -> None:
    with pytest.raises(ShortBodyError, match="announces 4294967295 elements"):
        read_message(Frame(Header(0x1205, PHONE, 1), b"\0\0" + b"\xff" * 4))


def test_a_value_that_does_not_fit_is_not_written() -> None:
    with pytest.raises(FieldError, match="0x8001 result: 256 does not fit 1 bytes"):
        write_body(GeneralResponse(1, 2, 256), Version.V2013)


def test_bytes_behind_the_last_known_field_are_shown() -> None:
    message = read_message(Frame(Header(0x8001, PHONE, 1), bytes(5) + b"\xab"))

    assert show_message(message)["trailing"] == "ab"


@unhurried
@given(
    message_id=st.sampled_from(sorted(KINDS)),
    version=st.sampled_from([Version.V2013, Version.V2019]),
    body=st.binary(max_size=200),
)
def test_any_body_is_read_or_refused_and_what_is_read_can_be_shown(
    message_id: int, version: Version, body: bytes
) -> None:
    try:
        message = read_message(Frame(Header(message_id, PHONE, 1, version), body))
    except Jt808Error:
        return

    json.dumps(show_message(message))


@unhurried
@given(stream=st.binary(max_size=400))
def test_any_stream_is_read_or_refused(stream: bytes) -> None:
    for run in Framer().feed(b"\x7e" + stream + b"\x7e"):
        with pytest.raises(Jt808Error):
            read_message(read_frame(run))
            raise Jt808Error("read")


def test_the_command_prints_a_location_in_plain_units() -> None:
    frame = write_frame(_frame(LocationReport(location()), Version.V2019))

    result = CliRunner().invoke(app, ["jt808", "decode", frame.hex()])

    shown = json.loads(result.stdout)
    assert result.exit_code == 0
    assert shown["header"]["version"] == 2019
    assert shown["header"]["phone"] == PHONE
    assert shown["body"] == {
        "alarm": 0,
        "alarm_flags": [],
        "status": 3,
        "status_flags": ["acc_on", "fixed"],
        "latitude": 36.65,
        "longitude": 117.01,
        "altitude": 52,
        "speed": 42.5,
        "direction": 90,
        "time": "2026-03-11T03:50:00Z",
        "mileage": 1204.5,
        "fuel": None,
        "satellites": 14,
        "rssi": None,
    }


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("7e0002000001380000000100018f7e", "Wrong checksum"),
        (write_frame(Frame(Header(0x0200, PHONE, 1), bytes(20))).hex(), "too short"),
        (write_frame(Frame(Header(0x0FFF, PHONE, 1), b"")).hex(), "unknown"),
        ("0002", "starts and ends with 7e"),
        ("xy", "Not hexadecimal"),
        ("7e7e", "An empty frame"),
    ],
)
def test_the_command_says_why_a_frame_cannot_be_read(frame: str, reason: str) -> None:
    result = CliRunner().invoke(app, ["jt808", "decode", frame])

    assert result.exit_code == 1
    assert reason in result.stderr
    assert not result.stdout


def test_the_command_reads_a_frame_a_line_and_goes_on_after_a_bad_one() -> None:
    good = write_frame(_frame(Heartbeat(), Version.V2013)).hex()

    result = CliRunner().invoke(app, ["jt808", "decode"], input=f"{good}\n7e00\n\n{good}\n")

    first, bad, last = (json.loads(line) for line in result.stdout.splitlines())
    assert result.exit_code == 1
    assert first == last
    assert bad == {"line": 2, "error": "Frame", "reason": "A frame starts and ends with 7e"}


def test_the_command_puts_fragments_together_each_terminals_own() -> None:
    text = "请速回单位" * 80
    frames = [
        write_frame(fragment).hex()
        for fragments in zip(
            *(
                split(Frame(Header(TextMessage.ID, phone, 1), _text_body(text)), limit=400)
                for phone in ("13800000001", "13800000002")
            ),
            strict=True,
        )
        for fragment in fragments
    ]

    result = CliRunner().invoke(app, ["jt808", "decode"], input="\n".join(frames))

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert ["fragment" in line for line in lines] == [True] * (len(lines) - 2) + [False] * 2
    assert [line["body"]["text"] for line in lines[-2:]] == [text] * 2


def test_a_registration_that_is_refused_brings_no_code() -> None:
    refused = RegistrationResponse(1, 4)

    assert write_body(refused, Version.V2013).hex() == "000104"
    assert read_message(_frame(refused, Version.V2013)).body == refused
