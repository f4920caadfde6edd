"""Messages to rows: pure, given who is registered and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import structlog

from ingest.decode import (
    FIRST_MSGPACK,
    JSON,
    MSGPACK,
    UNREADABLE,
    Fault,
    PlainFix,
    codec_for,
    decode_event,
    decode_fixes,
    decode_status,
    element,
    read_numbers,
)
from ingest.message import Message, Reason, Rejection, explain
from ingest.positions import Column, Gathering, Positions
from ingest.progress import Heard
from ingest.rows import EventRow, Staged, stage
from ingest.validate import (
    Address,
    Bounds,
    Kind,
    acceptable,
    address_of,
    milliseconds,
    trouble_with_event,
    trouble_with_fix,
)
from schemas.telemetry import Fix

log = structlog.get_logger()


@dataclass(frozen=True)
class Batch:
    """Everything one transaction stores, and what each terminal was heard saying."""

    numbered: Positions  # every fix that could be read and is of a registered terminal
    staged: Staged  # those of them to be stored
    events: Sequence[EventRow]
    rejections: Sequence[Rejection]
    heard: Mapping[
        str, Heard
    ]  # by terminal, all but `numbered`; unregistered ones too, for they are told as well
    statuses: int

    @property
    def positions(self) -> Positions:
        """Those to be stored, ordered by terminal and time."""
        return self.staged.positions


@dataclass(slots=True)
class _Reading:
    """A batch in the making."""

    messages: Sequence[Message]
    registered: Mapping[str, int]
    bounds: Bounds
    fixes: Gathering = field(default_factory=Gathering)
    events: list[EventRow] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    heard: dict[str, Heard] = field(default_factory=dict)
    statuses: int = 0

    def hear(self, terminal: str, at: int) -> Heard:
        received_at = self.messages[at].received_at
        heard = self.heard.get(terminal)
        if heard is None:
            heard = self.heard[terminal] = Heard(received_at)
        heard.received_at, heard.at = received_at, at
        return heard

    def reject(self, at: int, reason: Reason, what: str, payload: bytes | None = None) -> None:
        message = self.messages[at]
        address = address_of(message.topic)
        self.rejections.append(
            Rejection(
                topic=message.topic.replace("\0", "\ufffd"),
                payload=message.payload if payload is None else payload,
                received_at=message.received_at,
                reason=reason,
                detail=explain(reason, what),
                terminal=address.terminal if address else None,
            )
        )

    def batch(self) -> Batch:
        numbered = self.fixes.positions()
        good = acceptable(numbered["time"], numbered["sent"], self.bounds)
        if not good.all():
            _reject_untimely(self, numbered.origin, np.flatnonzero(~good).tolist())
        return Batch(
            numbered=numbered,
            staged=stage((numbered if good.all() else numbered.only(good)).by_terminal()),
            events=self.events,
            rejections=self.rejections,
            heard=self.heard,
            statuses=self.statuses,
        )


def read_batch(
    messages: Sequence[Message],
    registered: Mapping[str, int],
    bounds: Bounds,
    fix_topics: Mapping[str, int] | None = None,
) -> Batch:
    """Decode and judge every message; whatever cannot be stored becomes a rejection, never an exception.

    `registered` is terminal to id; `fix_topics` may hold topics of theirs, which then need not be taken
    apart.
    """
    reading = _Reading(messages, registered, bounds)
    known_topic, largest = (fix_topics or {}).get, bounds.max_payload_bytes
    received_at: datetime | None = None
    received_ms = 0
    for at, message in enumerate(
        messages
    ):  # one flat loop for the common case: fixes that are as they should be
        payload = message.payload
        terminal_id = known_topic(message.topic)
        if terminal_id is not None and 0 < len(payload) <= largest:
            kind = message.content_type
            codec = (
                (MSGPACK if payload[0] >= FIRST_MSGPACK else JSON) if not kind else codec_for(payload, kind)
            )
            try:
                fixes = codec.plain(payload)
            except UNREADABLE:
                fixes = ()
            if message.received_at is not received_at:
                received_at = message.received_at
                received_ms = milliseconds(received_at)
            if type(fixes) is PlainFix:
                reading.fixes.add(fixes, terminal_id, received_ms, at)
                continue
            if fixes:
                reading.fixes.extend(fixes, terminal_id, received_ms, at)
                continue
        try:
            _read(reading, at, message)
        except Exception as error:  # a flaw of ours may cost this message a detour, never the stream its life
            log.exception("message could not be read", topic=message.topic)
            reading.reject(at, "malformed", f"Could not be read: {error!r}")
    return reading.batch()


def set_aside(message: Message, reason: Reason, what: str, bounds: Bounds) -> Batch:
    """A batch that only puts this message aside, whole, and lets its terminal know."""
    reading = _Reading([message], {}, bounds)
    address = address_of(message.topic)
    if address is not None and address.genuine:
        _put_aside(reading, 0, address, reason, what)
    else:
        reading.reject(0, reason, what)
    return reading.batch()


def _read(reading: _Reading, at: int, message: Message) -> None:
    address = address_of(message.topic)
    if address is None:
        reading.reject(at, "forged_topic", f"Topic {message.topic!r} is none of the contract's")
        return
    if not address.genuine:  # never acknowledged: the true owner of the name must not forget its own messages
        what = f"The shard in topic {message.topic!r} is not that of terminal {address.terminal!r}"
        reading.reject(at, "forged_topic", what)
        return
    if len(message.payload) > reading.bounds.max_payload_bytes:
        what = f"{len(message.payload)} bytes; at most {reading.bounds.max_payload_bytes} are accepted"
        _put_aside(reading, at, address, "oversized", what)
        return
    terminal_id = reading.registered.get(address.terminal)
    if terminal_id is None:
        what = f"Terminal {address.terminal!r} is not registered or not active"
        _put_aside(reading, at, address, "unknown_terminal", what)
        return
    READERS[address.kind](reading, at, address.terminal, terminal_id)


def _put_aside(reading: _Reading, at: int, address: Address, reason: Reason, what: str) -> None:
    reading.reject(at, reason, what)
    if address.kind != "fix":
        return
    message = reading.messages[at]
    for number in read_numbers(message.payload, message.content_type):
        heard = reading.hear(address.terminal, at)
        heard.numbers(number.boot).add(number.seq, number.oldest)


def _read_fixes(reading: _Reading, at: int, terminal: str, terminal_id: int) -> None:
    message = reading.messages[at]
    received_ms = milliseconds(message.received_at)
    items = decode_fixes(message.payload, message.content_type)
    good: list[Fix] = []
    for index, item in enumerate(items):
        if isinstance(item, Fix):
            good.append(item)
            continue
        heard = reading.hear(terminal, at)
        heard.online = True
        reading.reject(at, item.reason, _where(index, len(items)) + item.what, item.payload)
        if item.number is not None:
            heard.numbers(item.number.boot).add(item.number.seq, item.number.oldest)
    reading.fixes.extend(good, terminal_id, received_ms, at)


def _reject_untimely(reading: _Reading, origin: Column, rows: list[int]) -> None:
    """Say what is wrong with the times of these rows; all of one message's rows lie together."""
    for row in rows:
        at = int(origin[row])
        message = reading.messages[at]
        items = decode_fixes(message.payload, message.content_type)
        readable = [index for index, item in enumerate(items) if isinstance(item, Fix)]
        index = readable[row - int(np.searchsorted(origin, at))]
        trouble = trouble_with_fix(reading.fixes.fixes[row], reading.bounds)
        if trouble is None:
            continue
        reason, what = trouble
        payload = element(message.payload, message.content_type, index)
        reading.reject(at, reason, _where(index, len(items)) + what, payload)


def _where(index: int, count: int) -> str:
    return f"Element {index} of {count}: " if count > 1 else ""


def _read_event(reading: _Reading, at: int, terminal: str, terminal_id: int) -> None:
    message = reading.messages[at]
    reading.hear(terminal, at)
    event = decode_event(message.payload, message.content_type)
    if isinstance(event, Fault):
        reading.reject(at, event.reason, event.what)
        return
    trouble = trouble_with_event(event, reading.bounds)
    if trouble is not None:
        reading.reject(at, *trouble)
        return
    reading.events.append(EventRow(terminal_id, message.received_at, event))


def _read_status(reading: _Reading, at: int, terminal: str, terminal_id: int) -> None:
    message = reading.messages[at]
    heard = reading.hear(terminal, at)
    status = decode_status(message.payload, message.content_type)
    if isinstance(status, Fault):
        reading.reject(at, status.reason, status.what)
        return
    reading.statuses += 1
    heard.online = status.online


READERS: dict[Kind, Callable[[_Reading, int, str, int], None]] = {
    "fix": _read_fixes,
    "event": _read_event,
    "status": _read_status,
}
