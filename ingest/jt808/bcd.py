"""Binary coded decimals: two digits a byte, for phone numbers, dates and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from ingest.jt808.errors import FieldError

BEIJING = timezone(timedelta(hours=8))
"""The standard's only time zone, GMT+8, whatever the season."""


def read_digits(data: bytes) -> str | None:
    """The digits, leading zeros included; None if a half-byte is no digit."""
    digits = data.hex()
    return digits if digits.isdecimal() else None


def write_digits(digits: str, size: int) -> bytes:
    """`size` bytes, zeros in front. Raises FieldError."""
    if not ((digits.isascii() and digits.isdecimal()) or digits == "") or len(digits) > 2 * size:
        raise FieldError(f"{digits!r} is not a number of at most {2 * size} digits")
    return bytes.fromhex(digits.zfill(2 * size))


def read_time(data: bytes) -> datetime | None:
    """YYMMDDhhmmss in GMT+8 as UTC; None if it is no moment of this century (an unset clock sends zeros)."""
    digits = read_digits(data)
    if digits is None:
        return None
    year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=BEIJING).astimezone(UTC)
    except ValueError:
        return None


def write_time(moment: datetime | None) -> bytes:
    """YYMMDDhhmmss in GMT+8; zeros for no moment. Raises FieldError outside 2000-2099."""
    if moment is None:
        return bytes(6)
    local = moment.astimezone(BEIJING)
    if not 2000 <= local.year < 2100:
        raise FieldError(f"{moment.isoformat()} is outside the years 2000-2099 that two digits can say")
    return bytes.fromhex(f"{local:%y%m%d%H%M%S}")
