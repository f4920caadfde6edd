"""A column as few bytes: what can be predicted is left out, what remains is small and packed by `bits`.

Integers are predicted from another column, from the value before (order 1) or from the two before (order 2,
delta of delta); whichever leaves the fewest bits is noted in front. Floats that are decimals become
integers, where that is exactly reversible; those few that are not follow bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.history.bits import Numbers, Reader, bit_lengths, number, pack_numbers, unpack_numbers

Integers = NDArray[np.int64]
Floats = NDArray[np.float64] | NDArray[np.float32]

ORDER, RELATIVE, CIRCULAR, CONSTANT = 0b11, 4, 8, 16
MOST_DECIMALS = 9
AS_BITS = 255
"""In place of the number of decimals: the column holds the bits of its floats."""
EXACT_INTEGERS = 2.0**53
MOST_PATCHES = 0.1
"""Share of floats that may follow bit by bit beside the decimals."""


def zigzag(integers: Integers) -> Numbers:
    """Signed to unsigned: 0, -1, 1, -2 ... become 0, 1, 2, 3 ..."""
    return ((integers << 1) ^ (integers >> 63)).view(np.uint64)


def unzigzag(numbers: Numbers) -> Integers:
    return (numbers >> np.uint64(1)).view(np.int64) ^ -(numbers & np.uint64(1)).view(np.int64)


def signed(value: int) -> bytes:
    return number(value << 1 if value >= 0 else (-value << 1) - 1)


def read_signed(reader: Reader) -> int:
    value = reader.number()
    return value >> 1 if value & 1 == 0 else -((value + 1) >> 1)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to predict: flags, first value, unit, and what remains."""

    flags: int
    first: int
    unit: int
    rest: Numbers

    @property
    def bits(self) -> int:
        """An estimate that ranks candidates: Rice needs about two bits more than a number has."""
        return int(bit_lengths(self.rest).sum()) + len(self.rest)


def pack_integers(values: Integers, predicted: Integers | None = None, period: int = 0) -> bytes:
    """`predicted` is known to the reader before; `period` > 0: values lie in [0, period) and go round."""
    candidates = list(_candidates(values, 0, period))
    if predicted is not None:
        candidates += _candidates(values - predicted, RELATIVE, 0)
    best = min(candidates, key=lambda candidate: candidate.bits)
    if not best.rest.any() and best.flags & ORDER == 1:
        return bytes([best.flags & RELATIVE | CONSTANT]) + signed(best.first)
    return bytes([best.flags]) + signed(best.first) + number(best.unit) + pack_numbers(best.rest)


def _candidates(values: Integers, flags: int, period: int) -> list[_Candidate]:
    first = int(values[0])
    steps = values - values[0]  # wraps around at 64 bits, as the sums of the reader do
    unit = int(np.gcd.reduce(steps)) if steps.any() else 1
    if unit <= 0:  # only -2**63 has a gcd that does not fit
        unit = 1
    steps //= unit
    if not steps.any():
        return [_Candidate(flags | 1, first, 1, zigzag(steps))]
    lowest = int(steps.min())
    found = [
        _Candidate(flags | 1, first, unit, zigzag(_differences(steps))),
        _Candidate(flags | 2, first, unit, zigzag(_differences(_differences(steps)))),
    ]
    if int(steps.max()) - lowest < 2**62 and abs(lowest * unit) < 2**62 and abs(first) < 2**62:
        found.append(_Candidate(flags, first + lowest * unit, unit, (steps - lowest).view(np.uint64)))
    if period and period % unit == 0 and values.min() >= 0 and values.max() < period:
        half = period // unit // 2
        around = (_differences(steps) + half) % (period // unit) - half
        found.append(_Candidate(flags | CIRCULAR | 1, first, unit, zigzag(around)))
    return found


def unpack_integers(
    reader: Reader, count: int, predicted: Integers | None = None, period: int = 0
) -> Integers:
    flags = reader.take(1)[0]
    first = read_signed(reader)
    if flags & CONSTANT:
        values = np.full(count, first, np.int64)
    else:
        unit = reader.number()
        rest = unpack_numbers(reader, count)
        values = _from_rest(rest, flags, first, unit, period)
    if flags & RELATIVE:
        if predicted is None:
            raise ValueError("a column relies on another that is not there")
        values = values + predicted
    return values


def _from_rest(rest: Numbers, flags: int, first: int, unit: int, period: int) -> Integers:
    order = flags & ORDER
    steps = rest.view(np.int64) if order == 0 else unzigzag(rest)
    for _ in range(order):
        steps = np.cumsum(steps)
    values = steps * np.int64(unit) + np.int64(first)
    return values % period if flags & CIRCULAR else values


def _differences(values: Integers) -> Integers:
    """The first one from 0."""
    return np.diff(values, prepend=np.int64(0))


@dataclass(frozen=True, slots=True)
class Decimals:
    """Floats as `integers / 10**places`, but for those at `patched`, which are no such decimals."""

    places: int
    integers: Integers
    patched: NDArray[np.int64]


def decimals(floats: Floats) -> Decimals | None:
    """With the fewest places that give all, or nearly all, back bit by bit; None if there are none."""
    best: Decimals | None = None
    for places in range(MOST_DECIMALS + 1):
        found = _decimals(floats, places)
        if best is None or len(found.patched) < len(best.patched):
            best = found
        if not len(found.patched):
            break
    return best if best and len(best.patched) <= MOST_PATCHES * len(floats) else None


def _decimals(floats: Floats, places: int) -> Decimals:
    with np.errstate(all="ignore"):
        scaled = np.rint(floats.astype(np.float64) * 10.0**places)
        scaled[~(np.abs(scaled) < EXACT_INTEGERS)] = 0
        integers = scaled.astype(np.int64)
        back = (integers / 10.0**places).astype(floats.dtype)  # from integers: they know no minus zero
    patched = np.flatnonzero(_bits(back) != _bits(floats))
    if len(patched) < len(floats):  # a value that is patched repeats its neighbour, which costs least
        good = np.ones(len(floats), np.bool_)
        good[patched] = False
        before = np.maximum.accumulate(np.where(good, np.arange(len(floats)), int(np.argmax(good))))
        integers = integers[before]
    return Decimals(places, integers, patched)


def pack_floats(floats: Floats, found: Decimals | None, predicted: Integers | None = None) -> bytes:
    """As decimals if `found`, else bit by bit. `predicted` counts in the same decimals."""
    if found is None:
        return bytes([AS_BITS]) + pack_integers(_bits(floats).astype(np.int64))
    return b"".join(
        [
            bytes([found.places]),
            pack_patches(found.patched, floats),
            pack_integers(found.integers, predicted, _period(found.places)),
        ]
    )


def _period(places: int) -> int:
    """A full circle of degrees; other columns never gain from it."""
    return 360 * int(10**places)


def unpack_floats(
    reader: Reader, count: int, dtype: str, predict: Callable[[int], Integers] | None = None
) -> Floats:
    """`predict` gives the prediction for a number of decimals."""
    places = reader.take(1)[0]
    kind = np.dtype(dtype)
    if places == AS_BITS:
        return unpack_integers(reader, count).astype(f"<i{kind.itemsize}").view(kind)
    patched, patches = unpack_patches(reader, kind)
    predicted = None if predict is None else predict(places)
    floats = (unpack_integers(reader, count, predicted, _period(places)) / 10.0**places).astype(kind)
    floats[patched] = patches
    return floats


def pack_patches(places: NDArray[np.int64], values: NDArray[np.generic]) -> bytes:
    """Where, and the bytes that stand there."""
    gaps = b"".join(number(int(gap)) for gap in np.diff(places, prepend=0))
    return number(len(places)) + gaps + values[places].tobytes()


def unpack_patches(
    reader: Reader, kind: np.dtype[np.generic]
) -> tuple[NDArray[np.int64], NDArray[np.generic]]:
    count = reader.number()
    places = np.cumsum([reader.number() for _ in range(count)], dtype=np.int64)
    return places, np.frombuffer(reader.take(count * kind.itemsize), kind)


def _bits(floats: NDArray[Any]) -> NDArray[np.signedinteger]:
    return floats.view(f"<i{floats.dtype.itemsize}")
