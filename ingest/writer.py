"""A batch of messages becomes durable in one transaction; only then may anybody be told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import psycopg
import structlog

from ingest import repository
from ingest.batch import Batch, read_batch, set_aside
from ingest.checkpoint import Checkpoint, Step
from ingest.database import POISON, Database
from ingest.message import Message, Rejection
from ingest.progress import listen
from ingest.repository import Connection
from ingest.rows import EventRow
from ingest.standing import NOTHING_NEW, Advance, Standings
from ingest.terminals import Directory, Terminals
from ingest.validate import Bounds
from schemas.telemetry import Ack, Event, epoch_ms

log = structlog.get_logger()

REUSED_NUMBER = "sequence_reused"
"""The kind of event that says that a boot and sequence number came a second time with other content."""


@dataclass(frozen=True)
class Draft:
    """Messages read ahead of their transaction; void when the directory is another one by then."""

    messages: Sequence[Message]
    directory: Directory
    batch: Batch


@dataclass(frozen=True)
class Stored:
    """What one committed transaction made of its messages."""

    messages: Sequence[Message]
    acks: Sequence[tuple[str, Ack]]  # terminal, and what to tell it
    new: int  # fixes that were not known before
    known: int  # fixes that were
    reused: int  # of the new ones: under a number that had stood for another fix
    rejections: Sequence[Rejection]
    seconds: float  # real, from the first statement to the commit


@dataclass(frozen=True)
class _Result:
    """What a transaction did, worth nothing until it is committed."""

    batch: Batch
    new: int
    reused: int
    advance: Advance
    step: Step
    entry: int | None  # of the journal
    acks: Sequence[tuple[str, Ack]]


Reading: TypeAlias = Callable[[Directory], Batch]
"""From who is registered to what shall be stored."""


class Writer:
    """Decodes, stores and commits batches. Receivers of any protocol share this one path."""

    def __init__(
        self, database: Database, bounds: Callable[[], Bounds], terminals: Terminals | None = None
    ) -> None:
        self._database = database
        self._bounds = bounds
        self._terminals = terminals or Terminals()
        self._standings = Standings()
        self._checkpoint = Checkpoint()
        self._afresh = threading.Event()
        self._afresh.set()

    def forget(self) -> None:
        """Read the progress of terminals anew before the next batch: another worker may have served them
        meanwhile. May be called from any thread.
        """
        self._afresh.set()

    def draft(self, messages: Sequence[Message]) -> Draft:
        """Decode and judge without the database, on another thread than the one that stores."""
        directory = self._terminals.directory
        return Draft(messages, directory, self._read(messages, directory))

    def settle(self, overdue: bool = False) -> None:
        """Save what only the journal says; with `overdue` only if the batches leave it lying too long."""
        if not (self._checkpoint.overdue if overdue else self._checkpoint.behind):
            return
        for _ in range(2):  # the checkpoint under way, and the one of what was journaled since it began
            step = self._checkpoint.rest()
            self._database.transaction(partial(self._finish, step=step))
            self._saved(NOTHING_NEW, step, None)

    def write(self, messages: Sequence[Message]) -> Iterator[Stored]:
        """As `store`, of messages that nobody has read yet."""
        yield from self.store(self.draft(messages))

    def store(self, draft: Draft) -> Iterator[Stored]:
        """Commit the messages in one transaction, or in several around a message the database refuses.

        Each `Stored` is durable when it is yielded. Raises StoppedError as `Database.transaction` does.
        """
        if self._afresh.is_set():
            self._begin_afresh()
        messages = draft.messages
        try:
            yield self._commit(messages, lambda directory: self._reread(draft, directory))
        except POISON as error:
            self._terminals.forget()
            if len(messages) == 1:
                yield self._refused(messages[0], error)
                return
            half = len(messages) // 2
            yield from self.write(messages[:half])
            yield from self.write(messages[half:])

    def _begin_afresh(self) -> None:
        self._afresh.clear()
        self._standings, self._checkpoint = Standings(), Checkpoint()
        self._database.transaction(repository.fold_journal)

    def _reread(self, draft: Draft, directory: Directory) -> Batch:
        if draft.directory is directory:
            return draft.batch
        return self._read(draft.messages, directory)

    def _refused(self, message: Message, error: psycopg.Error) -> Stored:
        """Once more with fresh knowledge of the terminals; then it goes aside in the database's own words."""
        try:
            return self._commit([message], lambda directory: self._read([message], directory))
        except POISON:
            what = f"The database refused it: {error.diag.message_primary or error}"
            log.warning("message put aside", topic=message.topic, error=str(error))
            return self._commit([message], lambda _: set_aside(message, "malformed", what, self._bounds()))

    def _read(self, messages: Sequence[Message], directory: Directory) -> Batch:
        return read_batch(messages, directory.ids, self._bounds(), directory.fix_topics)

    def _commit(self, messages: Sequence[Message], read: Reading) -> Stored:
        started = time.perf_counter()
        result = self._database.transaction(lambda connection: self._store(connection, messages, read))
        self._saved(result.advance, result.step, result.entry)
        return Stored(
            messages=messages,
            acks=result.acks,
            new=result.new,
            known=len(result.batch.positions) - result.new,
            reused=result.reused,
            rejections=result.batch.rejections,
            seconds=time.perf_counter() - started,
        )

    def _store(self, connection: Connection, messages: Sequence[Message], read: Reading) -> _Result:
        step = self._checkpoint.step()
        repository.drop_journal(
            connection, step.superfluous
        )  # first, so that nobody waits for it who holds rows
        directory = self._terminals.resolve(connection, [message.topic for message in messages])
        registered = directory.ids
        batch = read(directory)
        self._learn(connection, batch, registered)
        new = repository.store_positions(connection, batch.staged)
        reused = self._flag_reused(connection, batch, messages) if new else 0
        repository.store_events(connection, batch.events)
        repository.put_aside(connection, batch.rejections)
        known = {registered[code]: heard for code, heard in batch.heard.items() if code in registered}
        advance = self._standings.advance(batch.numbered, batch.positions, known)
        entry = self._save(connection, advance, step)
        codes = directory.codes
        acks = [(codes[terminal_id], ack) for terminal_id, ack in advance.acks]
        acks += _acks_to_strangers(batch, registered)
        return _Result(batch, new, reused, advance, step, entry, acks)

    def _finish(self, connection: Connection, step: Step) -> None:
        repository.drop_journal(connection, step.superfluous)
        self._save(connection, NOTHING_NEW, step)

    def _save(self, connection: Connection, advance: Advance, step: Step) -> int | None:
        """Whom the batch brought further, and whom the checkpoint has come to unless he is among them."""
        others = step.terminal_ids[~np.isin(step.terminal_ids, advance.rows["terminal_id"])]
        rows = np.concatenate((advance.saved, self._standings.standing(others)))
        repository.save_states(connection, rows, advance.ranges)
        return repository.journal_states(connection, advance.journaled)

    def _saved(self, advance: Advance, step: Step, entry: int | None) -> None:
        self._standings.saved(step.terminal_ids)
        self._standings.commit(advance)
        self._checkpoint.commit(step, entry, self._standings.journaled)

    def _learn(self, connection: Connection, batch: Batch, registered: Mapping[str, int]) -> None:
        heard = [registered[code] for code in batch.heard if code in registered]
        if unread := self._standings.unread(np.append(batch.numbered.terminal_id, heard).astype("i4")):
            self._standings.learn(unread, repository.load_states(connection, unread))

    def _flag_reused(self, connection: Connection, batch: Batch, messages: Sequence[Message]) -> int:
        """Both fixes are kept; that one number stood for both is an event that people see."""
        suspects = self._standings.suspects(batch.positions)
        reused = repository.find_reused(connection, suspects)
        received_at = messages[-1].received_at
        events = [
            EventRow(
                found.terminal_id,
                received_at,
                Event(epoch_ms(found.time), REUSED_NUMBER, {"boot": found.boot, "seq": found.seq}),
            )
            for found in reused
        ]
        repository.store_events(connection, events)
        return len(reused)


def _acks_to_strangers(batch: Batch, registered: Mapping[str, int]) -> list[tuple[str, Ack]]:
    """What unregistered terminals sent was put aside: dealt with as well."""
    strangers = {code: heard for code, heard in batch.heard.items() if code not in registered}
    return [(code, ack) for code, heard in strangers.items() for ack in listen(None, heard)[1]]
