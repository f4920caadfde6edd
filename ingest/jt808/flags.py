"""Names for the bits of the alarm and status words of 0x0200 (JT/T 808-2019 tables 24 and 25)."""

from __future__ import annotations

from typing import Final

ACC_ON: Final = 1 << 0
FIXED: Final = 1 << 1
SOUTH: Final = 1 << 2
WEST: Final = 1 << 3
COORDINATES_ENCRYPTED: Final = 1 << 5

ALARM_BITS: Final = (
    "emergency", "overspeed", "fatigue", "danger_warning",
    "gnss_fault", "gnss_antenna_cut", "gnss_antenna_short", "undervoltage",
    "main_power_lost", "display_fault", "tts_fault", "camera_fault",
    "card_reader_fault", "overspeed_warning", "fatigue_warning", "improper_driving",
    "tyre_pressure_warning", "blind_spot_on_right_turn", "day_driving_exceeded", "parked_too_long",
    "area_crossed", "route_crossed", "segment_time", "off_route",
    "speed_sensor_fault", "fuel_abnormal", "theft", "illegal_ignition",
    "illegal_movement", "collision", "rollover", "illegal_door_opening",
)  # fmt: skip

STATUS_BITS: Final = (
    "acc_on", "fixed", "south", "west",
    "out_of_service", "coordinates_encrypted", "forward_collision_warning", "lane_departure_warning",
    "load_bit_0", "load_bit_1", "fuel_cut", "circuit_cut",
    "doors_locked", "door_1_open", "door_2_open", "door_3_open",
    "door_4_open", "door_5_open", "gps", "beidou",
    "glonass", "galileo", "moving",
)  # fmt: skip


def named(word: int, names: tuple[str, ...]) -> list[str]:
    """The names of the bits that are set; `bit_27` where the standard reserves one."""
    return [names[bit] if bit < len(names) else f"bit_{bit}" for bit in range(32) if word >> bit & 1]
