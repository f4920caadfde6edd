"""Messages to rows: pure, given who is registered and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ingest.decode import Fault, decode_event, decode_fixes, decode_status, element, read_numbers
from ingest.message import Message, Reason, Rejection, explain
from ingest.progress import Heard
from ingest.rows import EventRow, PositionRow, position_row
from ingest.validate import EPOCH, Address, Bounds, Kind, address_of, trouble_with_event, trouble_with_fix

log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """Everything one transaction stores, and what each terminal was heard saying."""

    positions: list[PositionRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    # by terminal; unregistered ones too, for they are told as well
    heard: dict[str, Heard] = field(default_factory=dict)
    statuses: int = 0

    def hear(self, terminal: str, received_at: datetime) -> Heard:
        heard = self.heard.get(terminal)
        if heard is None:
            heard = self.heard[terminal] = Heard(received_at)
        heard.received_at = received_at
        return heard

    def reject(self, message: Message, reason: Reason, what: str, payload: bytes | None = None) -> None:
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


def terminals_in(messages: Iterable[Message]) -> set[str]:
    """The terminals that speak in `messages`, by their topics."""
    addresses = (address_of(message.topic) for message in messages)
    return {address.terminal for address in addresses if address and address.genuine}


def read_batch(messages: Collection[Message], registered: Mapping[str, int], bounds: Bounds) -> Batch:
    """Decode and judge every message; whatever cannot be stored becomes a rejection, never an exception."""
    batch = Batch()
    for message in messages:
        try:
            _read(batch, message, registered, bounds)
        except Exception as error:  # a flaw of ours may cost this message a detour, never the stream its life
            log.exception("message could not be read", topic=message.topic)
            batch.reject(message, "malformed", f"Could not be read: {error!r}")
    return batch


def set_aside(message: Message, reason: Reason, what: str) -> Batch:
    """A batch that only puts this message aside, whole, and lets its terminal know."""
    batch = Batch()
    address = address_of(message.topic)
    if address is not None and address.genuine:
        _put_aside(batch, message, address, reason, what)
    else:
        batch.reject(message, reason, what)
    return batch


def _read(batch: Batch, message: Message, registered: Mapping[str, int], bounds: Bounds) -> None:
    address = address_of(message.topic)
    if address is None:
        batch.reject(message, "forged_topic", f"Topic {message.topic!r} is none of the contract's")
        return
    if not address.genuine:  # never acknowledged: the true owner of the name must not forget its own messages
        what = f"The shard in topic {message.topic!r} is not that of terminal {address.terminal!r}"
        batch.reject(message, "forged_topic", what)
        return
    if len(message.payload) > bounds.max_payload_bytes:
        what = f"{len(message.payload)} bytes; at most {bounds.max_payload_bytes} are accepted"
        _put_aside(batch, message, address, "oversized", what)
        return
    terminal_id = registered.get(address.terminal)
    if terminal_id is None:
        what = f"Terminal {address.terminal!r} is not registered or not active"
        _put_aside(batch, message, address, "unknown_terminal", what)
        return
    READERS[address.kind](
        batch, message, terminal_id, batch.hear(address.terminal, message.received_at), bounds
    )


def _put_aside(batch: Batch, message: Message, address: Address, reason: Reason, what: str) -> None:
    batch.reject(message, reason, what)
    if address.kind != "fix":
        return
    for number in read_numbers(message.payload, message.content_type):
        heard = batch.hear(address.terminal, message.received_at)
        heard.numbers(number.boot).add(number.seq, number.oldest)


def _read_fixes(batch: Batch, message: Message, terminal_id: int, heard: Heard, bounds: Bounds) -> None:
    heard.online = True
    received_ms = (message.received_at - EPOCH) // timedelta(milliseconds=1)
    items = decode_fixes(message.payload, message.content_type)
    for index, item in enumerate(items):
        where = f"Element {index} of {len(items)}: " if len(items) > 1 else ""
        if isinstance(item, Fault):
            batch.reject(message, item.reason, where + item.what, item.payload)
            if item.number is not None:
                heard.numbers(item.number.boot).add(item.number.seq, item.number.oldest)
            continue
        heard.numbers(item.boot).add(item.seq, item.oldest)
        trouble = trouble_with_fix(item, bounds)
        if trouble is not None:
            reason, what = trouble
            batch.reject(message, reason, where + what, element(message.payload, message.content_type, index))
            continue
        heard.measure(item.time, item.sent, received_ms)
        batch.positions.append(position_row(terminal_id, item, received_ms))


def _read_event(batch: Batch, message: Message, terminal_id: int, heard: Heard, bounds: Bounds) -> None:
    event = decode_event(message.payload, message.content_type)
    if isinstance(event, Fault):
        batch.reject(message, event.reason, event.what)
        return
    trouble = trouble_with_event(event, bounds)
    if trouble is not None:
        batch.reject(message, *trouble)
        return
    batch.events.append(EventRow(terminal_id, message.received_at, event))


def _read_status(batch: Batch, message: Message, terminal_id: int, heard: Heard, bounds: Bounds) -> None:
    status = decode_status(message.payload, message.content_type)
    if isinstance(status, Fault):
        batch.reject(message, status.reason, status.what)
        return
    batch.statuses += 1
    heard.online = status.online


READERS: dict[Kind, Callable[[Batch, Message, int, Heard, Bounds], None]] = {
    "fix": _read_fixes,
    "event": _read_event,
    "status": _read_status,
}
