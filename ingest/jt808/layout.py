"""Bodies are declared, not programmed: each field of a structure carries how it stands on the wire.

    class GeneralResponse(Body, frozen=True):
        response_serial: U16
        response_id: U16
        result: U8

Reading and writing follow the declaration, field by field, for the edition at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from ingest.jt808.errors import FieldError, ShortBodyError
from ingest.jt808.header import Version

ENCODING = "gb18030"  # a superset of the standard's GBK


class Body(msgspec.Struct, frozen=True):
    """The body of one kind of message."""

    ID: ClassVar[int]


class Reader:
    """A position in a body."""

    def __init__(self, data: bytes, version: Version) -> None:
        self._data = data
        self._at = 0
        self.version = version

    def take(self, size: int) -> bytes:
        """Raises ShortBodyError."""
        if self.left < size:
            raise ShortBodyError(f"needs {size} bytes, {self.left} are left")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def rest(self) -> bytes:
        return self.take(self.left)

    @property
    def left(self) -> int:
        return len(self._data) - self._at


class Wire(Protocol):
    """How a value stands on the wire."""

    def read(self, reader: Reader) -> Any:
        """Raises ShortBodyError."""

    def write(self, value: Any, version: Version) -> bytes:
        """Raises FieldError."""


@dataclass(frozen=True)
class Since:
    """The field exists from this edition on."""

    version: Version


@dataclass(frozen=True)
class Until:
    """The field exists up to this edition."""

    version: Version


@dataclass(frozen=True)
class When:
    """The field exists if an earlier field has one of these bits."""

    field: str
    mask: int


@dataclass(frozen=True)
class MayBeMissing:
    """Senders leave this and all that follows away."""


@dataclass(frozen=True)
class UInt:
    size: int

    def read(self, reader: Reader) -> int:
        return reader.number(self.size)

    def write(self, value: int, _version: Version) -> bytes:
        if not 0 <= value < 1 << 8 * self.size:
            raise FieldError(f"{value} does not fit {self.size} bytes")
        return value.to_bytes(self.size, "big")


@dataclass(frozen=True)
class Fixed:
    """So many bytes."""

    size: int

    def read(self, reader: Reader) -> bytes:
        return reader.take(self.size)

    def write(self, value: bytes, _version: Version) -> bytes:
        if len(value) != self.size:
            raise FieldError(f"{len(value)} bytes where {self.size} belong")
        return value


class Rest:
    """All bytes that are left."""

    def read(self, reader: Reader) -> bytes:
        return reader.rest()

    def write(self, value: bytes, _version: Version) -> bytes:
        return value


@dataclass(frozen=True)
class Prefixed:
    """Bytes with their number in front."""

    prefix: int

    def read(self, reader: Reader) -> bytes:
        return reader.take(reader.number(self.prefix))

    def write(self, value: bytes, version: Version) -> bytes:
        return UInt(self.prefix).write(len(value), version) + value


class Text:
    """Text over the bytes of another wire; zeros at either end are padding."""

    def __init__(self, wire: Fixed | Prefixed | Rest) -> None:
        self._wire = wire

    def read(self, reader: Reader) -> str:
        return self._wire.read(reader).strip(b"\0").decode(ENCODING, "replace").strip("\0")

    def write(self, value: str, version: Version) -> bytes:
        data = value.encode(ENCODING)
        if isinstance(self._wire, Fixed):
            data = data.ljust(self._wire.size, b"\0")
        return self._wire.write(data, version)


@dataclass(frozen=True)
class ByVersion:
    """What stands differently in the editions."""

    v2011: Wire
    v2013: Wire
    v2019: Wire

    def read(self, reader: Reader) -> Any:
        return self._of(reader.version).read(reader)

    def write(self, value: Any, version: Version) -> bytes:
        return self._of(version).write(value, version)

    def _of(self, version: Version) -> Wire:
        return {Version.V2011: self.v2011, Version.V2013: self.v2013, Version.V2019: self.v2019}[version]


@dataclass(frozen=True)
class Many:
    """Elements one after the other: with their number in front, or as many as are left (None)."""

    count: Wire | None
    element: Wire

    def read(self, reader: Reader) -> tuple[Any, ...]:
        if self.count is None:
            return tuple(self._while_left(reader))
        return tuple(self.element.read(reader) for _ in range(self._number(reader)))

    def write(self, value: Sequence[Any], version: Version) -> bytes:
        elements = b"".join(self.element.write(element, version) for element in value)
        return (self.count.write(len(value), version) if self.count else b"") + elements

    def _number(self, reader: Reader) -> int:
        number: int = self.count.read(reader) if self.count else 0
        if number > reader.left:  # each takes a byte at the least: a lie must not cost us a loop
            raise ShortBodyError(f"announces {number} elements, {reader.left} bytes are left")
        return number

    def _while_left(self, reader: Reader) -> list[Any]:
        found = []
        while reader.left:
            found.append(self.element.read(reader))
        return found


@dataclass(frozen=True)
class Nested:
    """A structure within a structure."""

    kind: type[msgspec.Struct]

    def read(self, reader: Reader) -> Any:
        return read_structure(self.kind, reader)

    def write(self, value: msgspec.Struct, version: Version) -> bytes:
        return write_structure(value, version)


U8 = Annotated[int, UInt(1)]
U16 = Annotated[int, UInt(2)]
U32 = Annotated[int, UInt(4)]
U64 = Annotated[int, UInt(8)]
Raw = Annotated[bytes, Rest()]
TextRest = Annotated[str, Text(Rest())]
Text8 = Annotated[str, Text(Prefixed(1))]
Text16 = Annotated[str, Text(Prefixed(2))]

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class _Field:
    name: str
    wire: Wire
    since: Version
    until: Version
    when: When | None
    may_be_missing: bool

    def exists(self, version: Version, values: Any) -> bool:
        if not self.since <= version <= self.until:
            return False
        return self.when is None or bool(values(self.when.field) & self.when.mask)


def read_structure(kind: type[S], reader: Reader) -> S:
    """Raises ShortBodyError that names the field."""
    values: dict[str, Any] = {}
    for field in _layout(kind):
        if not field.exists(reader.version, values.__getitem__):
            continue
        if field.may_be_missing and not reader.left:
            break
        try:
            values[field.name] = field.wire.read(reader)
        except ShortBodyError as error:
            raise ShortBodyError(f"{field.name} {error}") from error
    return kind(**values)


def write_structure(structure: msgspec.Struct, version: Version) -> bytes:
    """Raises FieldError that names the field."""
    written = b""
    for field in _layout(type(structure)):
        if not field.exists(version, lambda name: getattr(structure, name)):
            continue
        try:
            written += field.wire.write(getattr(structure, field.name), version)
        except FieldError as error:
            raise FieldError(f"{field.name}: {error}") from error
    return written


@cache
def _layout(kind: type[msgspec.Struct]) -> tuple[_Field, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_field(name, hint) for name, hint in hints.items() if get_origin(hint) is not ClassVar)


def _field(name: str, hint: Any) -> _Field:
    notes = get_args(hint)[1:]
    wires = [note for note in notes if hasattr(note, "read")]
    return _Field(
        name=name,
        wire=wires[0],
        since=next((note.version for note in notes if isinstance(note, Since)), Version.V2011),
        until=next((note.version for note in notes if isinstance(note, Until)), Version.V2019),
        when=next((note for note in notes if isinstance(note, When)), None),
        may_be_missing=any(isinstance(note, MayBeMissing) for note in notes),
    )
