"""Messages that came in several frames. Bounded, pure; time is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from ingest.jt808.errors import FrameError
from ingest.jt808.header import LONGEST_BODY, Frame, Header, Part

MAX_PARTS = 1_024
MAX_BYTES = 512 * 1024
MAX_MESSAGES = 4


@dataclass(frozen=True)
class Whole:
    """A message with all its fragments, as if it had come in one frame."""

    frame: Frame  # header of the first fragment, without its part
    serials: tuple[int, ...]  # of the fragments as they came: each awaits an answer


@dataclass(frozen=True)
class Missing:
    """Fragments to ask for again (0x8003)."""

    first_serial: int
    numbers: tuple[int, ...]


@dataclass
class _Pile:
    total: int
    first_serial: int
    header: Header
    touched: float
    bodies: dict[int, bytes] = field(default_factory=dict)
    serials: dict[int, int] = field(default_factory=dict)
    asked: int = 0


class Reassembler:
    """The fragments of one terminal. It sends one message of a kind at a time, so the id tells which it is.

    Numbers within the message decide, not the serial numbers: some terminals give all fragments the same.
    """

    def __init__(self) -> None:
        self._piles: dict[int, _Pile] = {}

    def add(self, frame: Frame, now: float) -> Whole | None:
        """The whole message once `frame` completes it. `now` in s. Raises FrameError for one too long."""
        header = frame.header
        part = header.part
        if part is None:
            return Whole(frame, (header.serial,))
        if part.total > MAX_PARTS:
            raise FrameError(
                f"A message of {part.total} fragments is too long; at most {MAX_PARTS} are taken"
            )
        pile = self._pile(frame, part, now)
        pile.bodies[part.number] = frame.body
        pile.serials[part.number] = header.serial
        pile.touched = now
        if len(pile.bodies) == pile.total:
            del self._piles[header.message_id]
            return _put_together(pile)
        self._keep_bounds()
        return None

    def overdue(self, now: float, patience_s: float, times: int) -> Iterator[Missing]:
        """What is missing where nothing came for `patience_s`; given up after asking so many `times`."""
        for message_id, pile in list(self._piles.items()):
            if now - pile.touched < patience_s:
                continue
            if pile.asked >= times:
                del self._piles[message_id]
                continue
            pile.asked += 1
            pile.touched = now
            missing = tuple(number for number in range(1, pile.total + 1) if number not in pile.bodies)
            yield Missing(pile.first_serial, missing)

    def _pile(self, frame: Frame, part: Part, now: float) -> _Pile:
        known = self._piles.get(frame.header.message_id)
        fits = known is not None and known.total == part.total
        if known is not None and fits and known.bodies.get(part.number, frame.body) == frame.body:
            return known
        first_serial = (frame.header.serial - part.number + 1) & 0xFFFF
        header = msgspec.structs.replace(frame.header, part=None, serial=first_serial)
        pile = self._piles[frame.header.message_id] = _Pile(part.total, first_serial, header, now)
        return pile

    def _keep_bounds(self) -> None:
        """The one that waited longest gives way."""
        while len(self._piles) > MAX_MESSAGES or self._bytes() > MAX_BYTES:
            oldest = min(self._piles, key=lambda message_id: self._piles[message_id].touched)
            del self._piles[oldest]

    def _bytes(self) -> int:
        return sum(len(body) for pile in self._piles.values() for body in pile.bodies.values())


def split(frame: Frame, limit: int = LONGEST_BODY) -> list[Frame]:
    """Frames with consecutive serial numbers for a body that one cannot hold; the frame itself if it can."""
    if len(frame.body) <= limit:
        return [frame]
    bodies = [frame.body[at : at + limit] for at in range(0, len(frame.body), limit)]
    return [
        Frame(
            msgspec.structs.replace(
                frame.header,
                serial=(frame.header.serial + index) & 0xFFFF,
                part=Part(len(bodies), index + 1),
            ),
            body,
        )
        for index, body in enumerate(bodies)
    ]


def _put_together(pile: _Pile) -> Whole:
    order = range(1, pile.total + 1)
    body = b"".join(pile.bodies[number] for number in order)
    return Whole(Frame(pile.header, body), tuple(pile.serials[number] for number in order))
