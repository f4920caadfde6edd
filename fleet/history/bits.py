"""Unsigned numbers as few bits: fixed width, Rice code, or bytes in planes through deflate. Pure numpy.

All three are exact for any 64-bit numbers; `pack_numbers` takes the shortest, `unpack_numbers` reads its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.uint64]
Bytes: TypeAlias = NDArray[np.uint8]

WIDTH, RICE, PLANES = 0, 1, 2
BLOCKS = (0, 64, 16)
"""Numbers that share a Rice parameter; 0: all of them."""
LONGEST_UNARY = 24
"""A quotient this large says that the number follows in full: an outlier costs ten bytes, not a million."""
WIDEST = 56
"""Bits that one 64-bit window holds wherever they begin."""
FULL_BITS = 72
"""About what a number that follows in full costs."""


class Reader:
    """Bytes taken from the front."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) != count:
            raise ValueError("the blob ends too early")
        self.at += count
        return taken

    def number(self) -> int:
        """LEB128."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7


def number(value: int) -> bytes:
    """An unsigned number as LEB128: seven bits a byte, lowest first."""
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def bit_lengths(numbers: Numbers) -> NDArray[np.int64]:
    """Bits that each number needs; 0 for 0. Exact beyond 2**53, where log2 is not."""
    high, low = (
        (numbers >> np.uint64(32)).astype(np.float64),
        (numbers & np.uint64(0xFFFFFFFF)).astype(np.float64),
    )
    return np.where(high > 0, np.frexp(high)[1] + 32, np.frexp(low)[1]).astype(np.int64)


def pack_numbers(numbers: Numbers) -> bytes:
    """The shortest of the codes. The count is known to the reader."""
    widest = int(bit_lengths(numbers.max(keepdims=True))[0])
    packed = _planes(numbers)
    if widest > WIDEST:
        return packed
    rice = min(_rice_plans(numbers, widest), key=lambda plan: plan.bits)
    if min(rice.bits, widest * len(numbers)) > 8 * len(packed):
        return packed
    if widest * len(numbers) <= rice.bits:
        return bytes([WIDTH, widest]) + _write(numbers, np.full(len(numbers), widest))
    return min(packed, _rice(numbers, rice), key=len)


def unpack_numbers(reader: Reader, count: int) -> Numbers:
    code = reader.take(1)[0]
    if code == WIDTH:
        width = reader.take(1)[0]
        return _read_from(reader, np.full(count, width))
    if code & 3 == RICE:
        return _unrice(reader, count, BLOCKS[code >> 2])
    if code & 3 == PLANES:
        return _unplanes(reader, count, code >> 2)
    raise ValueError(f"unknown code of numbers {code}")


@dataclass(frozen=True, slots=True)
class _RicePlan:
    """How many numbers share a parameter, the parameters, and what it comes to."""

    block_code: int
    parameters: NDArray[np.int64]
    bits: int


def _rice_plans(numbers: Numbers, widest: int) -> Iterator[_RicePlan]:
    """For each size of block the parameters that cost least."""
    tried = np.arange(widest + 1, dtype=np.uint64)[:, None]
    quotients = np.minimum(numbers >> tried, np.uint64(LONGEST_UNARY))
    costs = quotients + tried + 1 + (quotients == LONGEST_UNARY) * np.uint64(FULL_BITS)
    for code, block in enumerate(BLOCKS):
        if block >= len(numbers):
            continue
        begins = np.arange(0, len(numbers), block or len(numbers))
        by_block = np.add.reduceat(costs, begins, axis=1)
        parameters = by_block.argmin(axis=0)
        cheapest = int(by_block.min(axis=0).sum())
        yield _RicePlan(code, parameters, cheapest + len(begins) * int(parameters.max()).bit_length())


def _rice(numbers: Numbers, plan: _RicePlan) -> bytes:
    """Quotients by 2**k in unary, then the remainders with k bits each, then what follows in full."""
    count, parameters = len(numbers), plan.parameters
    widths = np.repeat(parameters, BLOCKS[plan.block_code] or count)[:count]
    quotient = np.minimum(numbers >> widths.astype(np.uint64), np.uint64(LONGEST_UNARY)).astype(np.int64)
    in_full = quotient == LONGEST_UNARY
    ends = np.cumsum(quotient + 1) - 1
    unary = np.zeros(int(ends[-1]) + 1, np.uint8)
    unary[ends] = 1
    width = int(parameters.max()).bit_length()
    return b"".join(
        [
            bytes([RICE | plan.block_code << 2, width]),
            _write(parameters.astype(np.uint64), np.full(len(parameters), width)),
            np.packbits(unary).tobytes(),
            _write(numbers, np.where(in_full, 0, widths)),
            *(number(value) for value in numbers[in_full].tolist()),
        ]
    )


def _unrice(reader: Reader, count: int, block: int) -> Numbers:
    width = reader.take(1)[0]
    block = block or count
    parameters = _read_from(reader, np.full(-(-count // block), width)).astype(np.int64)
    widths = np.repeat(parameters, block)[:count]
    quotient = _read_unary(reader, count)
    in_full = quotient == LONGEST_UNARY
    remainders = _read_from(reader, np.where(in_full, 0, widths))
    numbers = (quotient.astype(np.uint64) << widths.astype(np.uint64)) | remainders
    for index in np.flatnonzero(in_full):
        numbers[index] = reader.number()
    return numbers


def _read_unary(reader: Reader, count: int) -> NDArray[np.int64]:
    """`count` quotients; at most `LONGEST_UNARY + 1` bits each."""
    most = min(len(reader.data) - reader.at, -(-count * (LONGEST_UNARY + 1) // 8))
    bits = np.unpackbits(np.frombuffer(reader.data, np.uint8, most, reader.at))
    ends = np.flatnonzero(bits)[:count]
    if len(ends) != count:
        raise ValueError("the blob ends too early")
    reader.take(int(ends[-1]) // 8 + 1)
    return np.diff(ends, prepend=-1) - 1


def _write(numbers: Numbers, widths: NDArray[np.int64]) -> bytes:
    """The lowest `widths[i]` bits of each number, highest bit first, one after the other."""
    total = int(widths.sum())
    if total == 0:
        return b""
    begins = np.cumsum(widths) - widths
    place = np.arange(total) - np.repeat(begins, widths)
    shift = (np.repeat(widths, widths) - 1 - place).astype(np.uint64)
    bits = (np.repeat(numbers, widths) >> shift) & np.uint64(1)
    return np.packbits(bits.astype(np.uint8)).tobytes()


def _read_from(reader: Reader, widths: NDArray[np.int64]) -> Numbers:
    """What `_write` wrote: a 64-bit window over each number, shifted into place."""
    total = int(widths.sum())
    data = np.frombuffer(reader.take(-(-total // 8)) + bytes(8), np.uint8)
    begins = np.cumsum(widths) - widths
    window = np.zeros(len(widths), np.uint64)
    for byte in range(8):
        window = window << np.uint64(8) | data[np.minimum((begins >> 3) + byte, len(data) - 1)]
    window <<= (begins & 7).astype(np.uint64)
    shifted = window >> np.minimum(64 - widths, 63).astype(np.uint64)
    return np.where(widths > 0, shifted, np.uint64(0))


def _planes(numbers: Numbers) -> bytes:
    """Byte shuffle: all lowest bytes, then all second ones ..., deflated."""
    planes: Bytes = numbers.astype("<u8").view(np.uint8).reshape(-1, 8).T
    used = max(1, 8 - int(np.argmax(planes[::-1].any(axis=1)))) if planes.any() else 1
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(planes[:used].tobytes()) + deflate.flush()
    return bytes([PLANES | used - 1 << 2]) + number(len(body)) + body


def _unplanes(reader: Reader, count: int, last_plane: int) -> Numbers:
    body = reader.take(reader.number())
    inflate = zlib.decompressobj(-15)
    plain = inflate.decompress(body, count * 8 + 1)
    used = last_plane + 1
    if len(plain) != used * count:
        raise ValueError("a plane of bytes is not as long as it should be")
    planes = np.zeros((count, 8), np.uint8)
    planes[:, :used] = np.frombuffer(plain, np.uint8).reshape(used, count).T
    return planes.view("<u8").reshape(count).astype(np.uint64)
