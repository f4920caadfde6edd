"""JT/T 808 frames with what the tests of other implementations say of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from ingest.jt808.bcd import BEIJING
from ingest.jt808.cli import app
from ingest.jt808.errors import ChecksumError, FrameError, UnknownMessageError
from ingest.jt808.framing import Framer
from ingest.jt808.header import Frame, Header, Version, read_frame, write_frame
from ingest.jt808.items import Extras, read_extras
from ingest.jt808.layout import Body, Reader, read_structure
from ingest.jt808.location import Location
from ingest.jt808.messages.registry import KINDS, edition_of, read_message, write_body
from ingest.jt808.messages.reports import LocationReport

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "jt808" / "vectors.json"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not VECTORS.is_file(), reason=f"the frames are not there: {VECTORS}"),
]
ALL: list[dict[str, Any]] = [
    vector | {"expected": vector["expected"] or {}}
    for vector in (json.loads(VECTORS.read_text())["vectors"] if VECTORS.is_file() else [])
]

WRITER_TESTS = "JT808MessagePackWriterTest.cs"  # bytes of a writer, no frames
NO_SUCH_MESSAGE = "7e0093"  # an example of how to add a message of one's own
WRONG_LENGTH = "7e81040000010000000001341990550700016b7e"  # a 2019 header without the flag that says so
TEXT_OF_2013 = "7e830000"  # has no type yet
BODIES_ELSEWHERE = {"reserves", "attributes", "parameters", "message", "param", "n"}


def _id(vector: dict[str, Any]) -> str:
    return f"{vector['file'].rpartition('/')[2]}-{vector.get('test', '')}-{vector['hex'][:10]}"


def _select(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=_id)


def _run(vector: dict[str, Any]) -> bytes:
    (run,) = Framer().feed(bytes.fromhex(vector["hex"]))
    return run


def _has_sound_checksum(vector: dict[str, Any]) -> bool:
    run = _run(vector).replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    total = 0
    for byte in run:
        total ^= byte
    return total == 0


FRAMES = [v for v in ALL if "body" not in v["kind"] and not v["file"].endswith(WRITER_TESTS)]
SOUND = [v for v in FRAMES if _has_sound_checksum(v) and v["hex"] != WRONG_LENGTH]
DAMAGED = [v for v in FRAMES if not _has_sound_checksum(v)]
WHOLE = [v for v in SOUND if not int(v["hex"][6:8], 16) & 0x20 and not v["hex"].startswith(NO_SUCH_MESSAGE)]
SAID_IN_JSON = [v for v in WHOLE if v["assert"] == "roundtrip+json"]
LOCATIONS_OF_SMALLCHI = [
    v
    for v in ALL
    if v["source"].startswith("SmallChi")
    and v["kind"] in ("decode", "encode", "decode_body", "encode_body")
    and any(key.rpartition(".")[2] == "Lat" for key in v["expected"])
    and ("body" not in v["kind"] or "0200" in v["file"] or "LocationAttach" in v["file"])
]
BODIES = [
    v
    for v in ALL
    if "body" in v["kind"]
    and (match := re.search(r"JT808_0x([0-9A-Fa-f]{4})(?:Test|_0x|_Test)", v["file"]))
    and int(match[1], 16) in KINDS
]


def test_the_frames_are_all_accounted_for() -> None:
    assert len(FRAMES) + sum("body" in v["kind"] or v["file"].endswith(WRITER_TESTS) for v in ALL) == len(ALL)
    assert len(DAMAGED) == 9
    assert len(SOUND) == len(FRAMES) - len(DAMAGED) - 1


@_select(SOUND)
def test_a_frame_is_read_and_written_again_byte_for_byte(vector: dict[str, Any]) -> None:
    frame = read_frame(_run(vector))

    assert write_frame(frame) == bytes.fromhex(vector["hex"])


@_select(DAMAGED)
def test_a_wrong_checksum_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ChecksumError, match="Wrong checksum"):
        read_frame(_run(vector))


def test_a_body_of_another_length_than_announced_is_refused() -> None:
    with pytest.raises(FrameError, match="announces a body of 0 bytes, the frame has 5"):
        read_frame(_run({"hex": WRONG_LENGTH}))


@_select([v for v in SOUND if v["hex"].startswith(NO_SUCH_MESSAGE)])
def test_an_unknown_id_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(UnknownMessageError, match="0x0093"):
        read_message(read_frame(_run(vector)))


@_select([v for v in SOUND if "clientId" in v["expected"]])
def test_the_header_says_what_others_read(vector: dict[str, Any]) -> None:
    expected, header = vector["expected"], read_frame(_run(vector)).header

    assert header.message_id == expected["messageId"]
    assert header.phone == expected["clientId"].lstrip("0")
    assert header.serial == expected["serialNo"]
    assert header.protocol_version == expected["protocolVersion"]


@_select(WHOLE)
def test_a_body_is_written_again_as_it_was_read(vector: dict[str, Any]) -> None:
    """Texts may lose the zeros that pad them, counts of nothing may be left away: it reads the same again."""
    message = read_message(read_frame(_run(vector)))

    body = write_body(message.body, message.version) + message.trailing
    again = read_message(Frame(message.header, body))

    assert msgspec.structs.replace(again, length=message.length) == message


@_select(SAID_IN_JSON)
def test_a_body_says_everything_others_read(vector: dict[str, Any]) -> None:
    message = read_message(read_frame(_run(vector)))
    header = {"messageId", "properties", "protocolVersion", "clientId", "serialNo", "verified"}
    others = header | BODIES_ELSEWHERE | ({"type"} if vector["hex"].startswith(TEXT_OF_2013) else set())
    expected = {k: v for k, v in vector["expected"].items() if k not in others}

    missing = Counter(_expected_leaves(expected)) - Counter(_leaves(message.body))

    assert not missing


@_select([v for v in SAID_IN_JSON if "attributes" in v["expected"]])
def test_the_additional_items_say_what_others_read(vector: dict[str, Any]) -> None:
    message = read_message(read_frame(_run(vector)))
    assert isinstance(message.body, LocationReport)
    items = {item.id: item.data for item in message.body.location.items}
    extras = read_extras(message.body.location.items)

    assert set(items) == {int(key) for key in vector["expected"]["attributes"]}
    plain = {k: v for k, v in vector["expected"]["attributes"].items() if isinstance(v, int)}
    assert {key: int.from_bytes(items[int(key)], "big") for key in plain} == plain
    assert _tenths(extras.mileage) == plain.get("1")
    assert _tenths(extras.fuel) == plain.get("2")
    assert extras.rssi == plain.get("48")
    assert extras.satellites == plain.get("49")


@_select([v for v in SAID_IN_JSON if "parameters" in v["expected"]])
def test_parameters_come_under_the_ids_others_read(vector: dict[str, Any]) -> None:
    body: Any = read_message(read_frame(_run(vector))).body

    assert [str(parameter.id) for parameter in body.parameters] == list(vector["expected"]["parameters"])


@_select(LOCATIONS_OF_SMALLCHI)
def test_a_location_says_what_the_other_implementation_reads(vector: dict[str, Any]) -> None:
    found = _locations_of(vector)
    asked = _csharp_locations(vector["expected"])

    if vector["kind"].startswith("encode"):  # several objects were set in one test: the last one is recorded
        found, asked = found[-1:], asked[-1:]
    for location, expected in zip(found, asked, strict=True):
        said = {name: _csharp(location, name) for name in expected}
        assert said | _without_hemispheres(said, expected) == expected


@_select(BODIES)
def test_a_bare_body_is_read_whole_and_written_again(vector: dict[str, Any]) -> None:
    match = re.search(r"JT808_0x([0-9A-Fa-f]{4})", vector["file"])
    assert match
    data = bytes.fromhex(vector["hex"])
    version = Version.V2019 if "2019" in vector["test"] or "0702Test" in vector["file"] else Version.V2013
    frame = Frame(Header(int(match[1], 16), "1", 1, version), data)
    version = Version.V2011 if "2011" in vector["test"] else edition_of(frame)
    message = read_message(msgspec.structs.replace(frame, header=_older(frame.header, version)))

    assert write_body(message.body, message.version) + message.trailing == data or (
        read_structure(type(message.body), Reader(write_body(message.body, message.version), message.version))
        == message.body
    )


def test_the_command_reads_every_sound_frame_and_says_why_not_of_the_others() -> None:
    """A latitude above 90 is read: what may be stored is for validation to say."""
    result = CliRunner().invoke(app, ["jt808", "decode"], input="\n".join(v["hex"] for v in FRAMES))

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert len(lines) == len(FRAMES)
    refused = [line["reason"] for line in lines if "reason" in line]
    assert len(refused) == len(DAMAGED) + 2
    assert max(line["body"]["latitude"] for line in lines if "latitude" in line.get("body", {})) > 90


def _older(header: Header, version: Version) -> Header:
    return msgspec.structs.replace(header, version=min(max(version, Version.V2013), header.version))


def _locations_of(vector: dict[str, Any]) -> list[Location]:
    data = bytes.fromhex(vector["hex"])
    if "body" in vector["kind"]:
        return [read_structure(LocationReport, Reader(data, Version.V2013)).location]
    body: Any = read_message(read_frame(_run(vector))).body
    return [body.location] if hasattr(body, "location") else list(body.items)


NAMES = {
    "AlarmFlag", "StatusFlag", "Lat", "Lng", "Altitude", "Speed", "Direction", "GPSTime", "Mileage", "Oil",
}  # fmt: skip


def _csharp_locations(expected: dict[str, str]) -> list[dict[str, Any]]:
    """Fields by location, read off C# such as `Positions[1].Lat` and `(uint)12222222`."""
    found: dict[str, dict[str, Any]] = {}
    for key, text in expected.items():
        name = key.rpartition(".")[2]
        if name not in NAMES or (
            "AlarmId" in expected and name in ("Altitude", "Speed")
        ):  # of a nested object
            continue
        place = re.search(r"Positions\[(\d+)\]", key)
        moment = re.search(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", text)
        value = datetime.fromisoformat(moment[1]) if moment else _csharp_number(text)
        found.setdefault(place[1] if place else "", {})[name] = value
    return [found[key] for key in sorted(found)]


def _without_hemispheres(said: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """That implementation leaves the sign to the status bits, unless it stands in two's complement."""
    return {name: abs(said[name]) for name in ("Lat", "Lng") if expected.get(name, -1) >= 0}


def _csharp_number(text: str) -> int:
    """`40`, `100u`, `(uint)(0x8000000 | 0x6601)`."""
    return reduce(or_, (int(number, 0) for number in re.findall(r"-?\b(?:0x[0-9a-fA-F]+|\d+)", text)))


def _csharp(location: Location, name: str) -> object:
    extras: Extras = read_extras(location.items)
    return {
        "AlarmFlag": location.alarm,
        "StatusFlag": location.status,
        "Lat": round(location.latitude * 1_000_000),
        "Lng": round(location.longitude * 1_000_000),
        "Altitude": location.altitude,
        "Speed": round(location.speed * 10),
        "Direction": location.direction,
        "GPSTime": location.time and location.time.astimezone(BEIJING).replace(tzinfo=None),
        "Mileage": _tenths(extras.mileage),
        "Oil": _tenths(extras.fuel),
    }[name]


def _tenths(value: float | None) -> int | None:
    return None if value is None else round(value * 10)


def _leaves(value: object) -> Iterator[object]:
    """Every value of a body as it stood on the wire, times as Beijing says them."""
    if isinstance(value, Location):
        yield from (round(abs(value.latitude) * 1_000_000), round(abs(value.longitude) * 1_000_000))
        yield from (value.alarm, value.status, value.altitude, round(value.speed * 10), value.direction)
        yield from _leaves(value.time)
    elif isinstance(value, Body | msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name))
    elif isinstance(value, tuple | list):
        yield from (leaf for element in value for leaf in _leaves(element))
        yield len(value)
    elif isinstance(value, bytes):
        yield from (value.hex(), int.from_bytes(value[:4], "big"), *value)
    elif isinstance(value, datetime):
        assert value.tzinfo is UTC
        yield f"{value.astimezone(BEIJING):%Y-%m-%dT%H:%M:%S}"
        yield f"{value.astimezone(BEIJING):%y%m%d%H%M%S}"
    elif isinstance(value, str):
        yield from (value, value.lstrip("0"))
    elif isinstance(value, int):
        yield from (value, value >> 32)
    else:
        yield value


def _expected_leaves(value: object) -> Iterator[object]:
    ours_only = {"messageId", "properties", "protocolVersion", "serialNo", "verified"}  # of nested objects
    if isinstance(value, dict):
        for key, element in value.items():
            if key not in ours_only:
                yield from _expected_leaves(element)
    elif isinstance(value, list):
        yield from (leaf for element in value for leaf in _expected_leaves(element))
    else:
        yield value
