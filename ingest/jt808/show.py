"""A message as JSON for people and tests: header, body by the standard's names, locations in plain units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from ingest.jt808.flags import ALARM_BITS, STATUS_BITS, named
from ingest.jt808.header import Frame, Header
from ingest.jt808.items import read_extras
from ingest.jt808.location import Item, Location
from ingest.jt808.messages.registry import Message
from ingest.jt808.messages.terminal import Parameter
from ingest.jt808.parameters import BY_ID, value_of

ALWAYS_SHOWN = ("mileage", "fuel", "satellites", "rssi")


def show_message(message: Message) -> dict[str, Any]:
    """Header and body, and what stood behind the last known field."""
    shown: dict[str, Any] = {"header": show_header(message.header, int(message.version), message.length)}
    shown["body"] = _fields(message.body)
    if message.trailing:
        shown["trailing"] = message.trailing.hex()
    return shown


def show_fragment(frame: Frame) -> dict[str, Any]:
    """One fragment of a message that is not complete yet."""
    return {
        "header": show_header(frame.header, int(frame.header.version), len(frame.body)),
        "fragment": frame.body.hex(),
    }


def show_header(header: Header, version: int, length: int) -> dict[str, Any]:
    return {
        "message_id": header.message_id,
        "message": f"{header.message_id:#06x}",
        "length": length,
        "version": version,
        "protocol_version": header.protocol_version,
        "phone": header.phone,
        "serial": header.serial,
        "encryption": header.encryption,
        "package": None if header.part is None else msgspec.to_builtins(header.part),
    }


def show_location(location: Location) -> dict[str, Any]:
    """Degrees (south and west negative), metres, km/h, kilometres, litres, UTC."""
    extras = read_extras(location.items)
    shown: dict[str, Any] = {
        "alarm": location.alarm,
        "alarm_flags": named(location.alarm, ALARM_BITS),
        "status": location.status,
        "status_flags": named(location.status, STATUS_BITS),
        "latitude": location.latitude,
        "longitude": location.longitude,
        "altitude": location.altitude,
        "speed": location.speed,
        "direction": location.direction,
        "time": _shown(location.time),
        **dict.fromkeys(ALWAYS_SHOWN),
    }
    shown |= {name: value for name, value in _fields(extras).items() if value is not None}
    if location.trailing:
        shown["trailing"] = location.trailing.hex()
    return shown


def _fields(structure: msgspec.Struct) -> dict[str, Any]:
    """A body that is nothing but a location is shown as that location."""
    fields = {name: getattr(structure, name) for name in structure.__struct_fields__}
    location = fields.pop("location", None)
    shown = {name: _shown(value) for name, value in fields.items()}
    return shown if location is None else shown | show_location(location)


def _shown(value: object) -> Any:  # noqa: PLR0911 - one line for each shape
    match value:
        case Location():
            return show_location(value)
        case Parameter():
            return _parameter(value)
        case Item():
            return {"id": f"{value.id:#04x}", "data": value.data.hex()}
        case msgspec.Struct():
            return _fields(value)
        case bytes():
            return value.hex()
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case tuple() | list():
            return [_shown(element) for element in value]
        case Mapping():
            return {key: _shown(element) for key, element in value.items()}
        case _:
            return value


def _parameter(parameter: Parameter) -> dict[str, Any]:
    known = BY_ID.get(parameter.id)
    name = known.name if known else None
    return {"id": f"{parameter.id:#06x}", "name": name, "value": _shown(value_of(parameter))}
