"""Terminal parameters by name (JT/T 808 table 12): those the office sets or reads. Others stay raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ingest.jt808.errors import CommandError
from ingest.jt808.layout import ENCODING
from ingest.jt808.messages.terminal import Parameter

Kind = Literal["u8", "u16", "u32", "text"]
SIZES: Final = {"u8": 1, "u16": 2, "u32": 4}


@dataclass(frozen=True)
class Known:
    """What a parameter is called and how its value stands on the wire. Units are in the name."""

    id: int
    name: str
    kind: Kind


KNOWN: Final = (
    Known(0x0001, "heartbeat_interval_s", "u32"),
    Known(0x0002, "tcp_timeout_s", "u32"),
    Known(0x0003, "tcp_retries", "u32"),
    Known(0x0010, "apn", "text"),
    Known(0x0011, "dial_user", "text"),
    Known(0x0012, "dial_password", "text"),
    Known(0x0013, "server_address", "text"),
    Known(0x0014, "backup_apn", "text"),
    Known(0x0017, "backup_server_address", "text"),
    Known(0x0018, "server_tcp_port", "u32"),
    Known(0x0019, "server_udp_port", "u32"),
    Known(0x0020, "report_strategy", "u32"),
    Known(0x0021, "report_scheme", "u32"),
    Known(0x0022, "interval_without_driver_s", "u32"),
    Known(0x0027, "interval_asleep_s", "u32"),
    Known(0x0028, "interval_emergency_s", "u32"),
    Known(0x0029, "interval_s", "u32"),
    Known(0x002C, "distance_m", "u32"),
    Known(0x002D, "distance_without_driver_m", "u32"),
    Known(0x002E, "distance_asleep_m", "u32"),
    Known(0x002F, "distance_emergency_m", "u32"),
    Known(0x0030, "turn_angle_deg", "u32"),
    Known(0x0031, "fence_radius_m", "u16"),
    Known(0x0040, "platform_phone", "text"),
    Known(0x0050, "alarm_mask", "u32"),
    Known(0x0055, "max_speed_kmh", "u32"),
    Known(0x0056, "overspeed_duration_s", "u32"),
    Known(0x0057, "continuous_driving_s", "u32"),
    Known(0x0058, "day_driving_s", "u32"),
    Known(0x0059, "min_rest_s", "u32"),
    Known(0x005A, "max_parked_s", "u32"),
    Known(0x005B, "overspeed_warning_margin", "u16"),  # 0.1 km/h
    Known(0x005C, "fatigue_warning_margin_s", "u16"),
    Known(0x0080, "odometer", "u32"),  # 0.1 km
    Known(0x0081, "province", "u16"),
    Known(0x0082, "city", "u16"),
    Known(0x0083, "plate", "text"),
    Known(0x0084, "plate_colour", "u8"),
)
BY_ID: Final = {known.id: known for known in KNOWN}
BY_NAME: Final = {known.name: known for known in KNOWN}


def value_of(parameter: Parameter) -> int | str | bytes:
    """Its value by the standard's type; the bytes if it is unknown or of the wrong length."""
    known = BY_ID.get(parameter.id)
    if known is None:
        return parameter.value
    if known.kind == "text":
        return parameter.value.strip(b"\0").decode(ENCODING, "replace")
    if len(parameter.value) != SIZES[known.kind]:
        return parameter.value
    return int.from_bytes(parameter.value, "big")


def parameter(name: str, value: str) -> Parameter:
    """`max_speed_kmh`, `120`. Raises CommandError that says what is possible."""
    known = BY_NAME.get(name)
    if known is None:
        raise CommandError(f"No parameter is called {name!r}; known are {', '.join(sorted(BY_NAME))}")
    if known.kind == "text":
        data = value.encode(ENCODING)
        if len(data) > 255:
            raise CommandError(f"{name} takes at most 255 bytes of text, this has {len(data)}")
        return Parameter(known.id, data)
    size = SIZES[known.kind]
    if not (value.isascii() and value.isdecimal() and int(value) < 1 << 8 * size):
        raise CommandError(f"{name} takes a whole number from 0 to {(1 << 8 * size) - 1}, not {value!r}")
    return Parameter(known.id, int(value).to_bytes(size, "big"))
