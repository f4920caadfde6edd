"""Times as fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ingest.jt808.bcd import read_digits, read_time, write_digits, write_time
from ingest.jt808.header import Version
from ingest.jt808.layout import Reader


class MomentWire:
    """BCD[6] YYMMDDhhmmss, GMT+8; None where it is no moment."""

    def read(self, reader: Reader) -> datetime | None:
        return read_time(reader.take(6))

    def write(self, value: datetime | None, _version: Version) -> bytes:
        return write_time(value)


class DigitsWire:
    """BCD of so many bytes as text; empty where it is no number."""

    def __init__(self, size: int) -> None:
        self._size = size

    def read(self, reader: Reader) -> str:
        return read_digits(reader.take(self._size)) or ""

    def write(self, value: str, _version: Version) -> bytes:
        return write_digits(value, self._size)


Moment = Annotated[datetime | None, MomentWire()]
