"""A batch of messages becomes durable in one transaction; only then may anybody be told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
import structlog

from ingest import repository
from ingest.batch import Batch, read_batch, set_aside, terminals_in
from ingest.database import POISON, Database
from ingest.message import Message, Rejection
from ingest.progress import Heard, TerminalState, listen
from ingest.repository import Connection
from ingest.terminals import Terminals
from ingest.validate import Bounds
from schemas.telemetry import Ack

log = structlog.get_logger()


@dataclass(frozen=True)
class Stored:
    """What one committed transaction made of its messages."""

    messages: Sequence[Message]
    acks: Sequence[tuple[str, Ack]]  # terminal, and what to tell it
    new: int  # fixes that were not known before
    known: int  # fixes that were
    rejections: Sequence[Rejection]
    seconds: float  # real, from the first statement to the commit


@dataclass(frozen=True)
class _Result:
    """What a transaction did, worth nothing until it is committed."""

    batch: Batch
    new: int
    states: Mapping[int, TerminalState]
    acks: Sequence[tuple[str, Ack]]


Reading: TypeAlias = Callable[[Mapping[str, int]], Batch]
"""From registered terminals (code to id) to what shall be stored."""


class Writer:
    """Decodes, stores and commits batches. Receivers of any protocol share this one path."""

    def __init__(
        self, database: Database, bounds: Callable[[], Bounds], terminals: Terminals | None = None
    ) -> None:
        self._database = database
        self._bounds = bounds
        self._terminals = terminals or Terminals()
        self._states: dict[int, TerminalState] = {}  # rows of terminal_progress as committed

    def forget(self) -> None:
        """Read the progress of terminals anew: another worker may have served them meanwhile."""
        self._states.clear()

    def write(self, messages: Sequence[Message]) -> Iterator[Stored]:
        """Commit `messages` in one transaction, or in several around a message the database refuses.

        Each `Stored` is durable when it is yielded. Raises StoppedError as `Database.transaction` does.
        """
        try:
            yield self._commit(messages, lambda registered: read_batch(messages, registered, self._bounds()))
        except POISON as error:
            self._terminals.forget()
            if len(messages) == 1:
                yield self._refused(messages[0], error)
                return
            half = len(messages) // 2
            yield from self.write(messages[:half])
            yield from self.write(messages[half:])

    def _refused(self, message: Message, error: psycopg.Error) -> Stored:
        """Once more with fresh knowledge of the terminals; then it goes aside in the database's own words."""
        try:
            return self._commit(
                [message], lambda registered: read_batch([message], registered, self._bounds())
            )
        except POISON:
            what = f"The database refused it: {error.diag.message_primary or error}"
            log.warning("message put aside", topic=message.topic, error=str(error))
            return self._commit([message], lambda _: set_aside(message, "malformed", what))

    def _commit(self, messages: Sequence[Message], read: Reading) -> Stored:
        started = time.perf_counter()
        result = self._database.transaction(lambda connection: self._store(connection, messages, read))
        self._states.update(result.states)
        return Stored(
            messages=messages,
            acks=result.acks,
            new=result.new,
            known=len(result.batch.positions) - result.new,
            rejections=result.batch.rejections,
            seconds=time.perf_counter() - started,
        )

    def _store(self, connection: Connection, messages: Sequence[Message], read: Reading) -> _Result:
        registered = self._terminals.resolve(connection, terminals_in(messages))
        batch = read(registered)
        new = repository.store_positions(connection, batch.positions)
        repository.store_events(connection, batch.events)
        repository.put_aside(connection, batch.rejections)
        states, acks = self._listen(connection, batch.heard, registered)
        repository.save_states(connection, states)
        return _Result(batch, new, states, acks)

    def _listen(
        self, connection: Connection, heard: Mapping[str, Heard], registered: Mapping[str, int]
    ) -> tuple[dict[int, TerminalState], list[tuple[str, Ack]]]:
        ids = [registered[code] for code in heard if code in registered]
        unread = [terminal_id for terminal_id in ids if terminal_id not in self._states]
        if unread:
            self._states.update(repository.load_states(connection, unread))
        states: dict[int, TerminalState] = {}
        acks: list[tuple[str, Ack]] = []
        for code, said in heard.items():
            terminal_id = registered.get(code)
            after, told = listen(self._states.get(terminal_id) if terminal_id else None, said)
            acks += [(code, ack) for ack in told]
            if terminal_id is not None:
                states[terminal_id] = after
        return states, acks
