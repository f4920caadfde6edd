"""What was put aside, and how it gets a second hearing under today's rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ingest import repository
from ingest.batch import Batch, read_batch
from ingest.database import POISON
from ingest.errors import NoSuchDeadLetterError
from ingest.message import Message
from ingest.repository import Connection, DeadLetter
from ingest.validate import Bounds, address_of

Outcome = Literal["stored", "partly_stored", "nothing_new", "still_rejected", "replayed_before"]


@dataclass(frozen=True)
class Replay:
    """What became of one dead letter. Only `still_rejected` leaves it open."""

    id: int
    outcome: Outcome
    new: int = 0
    """Fixes stored for the first time."""
    detail: str = ""


def find(connection: Connection, letter_id: int) -> DeadLetter:
    """Raises NoSuchDeadLetterError."""
    letter = repository.find_letter(connection, letter_id)
    if letter is None:
        raise NoSuchDeadLetterError(
            f"No dead letter has number {letter_id}; see `motorpool deadletter list --all`"
        )
    return letter


def replay(connection: Connection, letter_id: int, now: datetime, bounds: Bounds) -> Replay:
    """Read the letter again and store what is right by now, in one transaction of its own.

    What of it is still wrong becomes a letter of its own; if all of it is, the letter stays as it is. The
    progress of its terminal is untouched: it was told long ago. Raises NoSuchDeadLetterError.
    """
    try:
        with connection.transaction():
            return _replay(connection, letter_id, now, bounds)
    except POISON as error:
        return Replay(
            letter_id, "still_rejected", detail=f"The database refused it: {error.diag.message_primary}"
        )


def _replay(connection: Connection, letter_id: int, now: datetime, bounds: Bounds) -> Replay:
    find(connection, letter_id)
    letter = repository.lock_letter(connection, letter_id)
    if letter is None or letter.replayed_at is not None:
        return Replay(letter_id, "replayed_before")
    batch = _read(connection, letter, bounds)
    kept = len(batch.positions) + len(batch.events) + batch.statuses
    if not kept:
        return Replay(letter_id, "still_rejected", detail="; ".join(r.detail for r in batch.rejections))
    new = repository.store_positions(connection, batch.staged)
    repository.store_events(connection, batch.events)
    repository.put_aside(connection, batch.rejections)
    repository.mark_replayed(connection, letter_id, now)
    if batch.rejections:
        return Replay(letter_id, "partly_stored", new, "; ".join(r.detail for r in batch.rejections))
    return Replay(letter_id, "nothing_new" if batch.positions and not new else "stored", new)


def _read(connection: Connection, letter: DeadLetter, bounds: Bounds) -> Batch:
    address = address_of(letter.topic)
    registered = repository.find_terminals(connection, [address.terminal] if address else [])
    return read_batch([Message(letter.topic, letter.payload, letter.received_at)], registered, bounds)
