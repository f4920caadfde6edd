"""The ingest process: the receiver's network thread, one that reads, one that writes, the main one.

A batch is read while the one before it is written, so that the database seldom waits for us; the main thread
awaits the end.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import FrameType

import structlog

from ingest.broker_watch import BrokerWatch
from ingest.database import Database
from ingest.errors import StoppedError
from ingest.message import Message
from ingest.metrics import Metrics
from ingest.ranges import Ranges
from ingest.receiver import Receiver
from ingest.settings import IngestSettings
from ingest.validate import Bounds, earliest_kept
from ingest.writer import Draft, Writer

log = structlog.get_logger()

COLLECT_AFTER = 100_000
"""New objects until the collector of cycles looks: a batch makes thousands of small ones and no cycle."""
SWITCH_S = 0.0005
"""A thread that computes yields this soon: the writer wakes for every word of the database, and by default
the reader would make it wait ten times as long."""
PORTION_BYTES = 3_000_000
"""Payload of a transaction, about 10,000 fixes: more of them leave the database's temporary buffers."""
GRACE_S = 7.0
"""A stop waits this long for the batch under way before it interrupts the database."""


class Worker:
    """Runs until `stop`; neither a database nor a broker that goes away ends it."""

    def __init__(self, settings: IngestSettings, receiver: Receiver | None = None) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._failed = False
        self._database = Database(settings.database_url.get_secret_value(), self._stop)
        self._writer = Writer(self._database, self._bounds)
        self._receiver: Receiver = receiver or Ranges(settings, settings.the_clock, self._writer.forget)
        self.metrics = Metrics(settings.the_clock, self._receiver, self._database)
        self._watch = None if receiver else BrokerWatch(settings, self.metrics.dropped.inc)
        self.metrics.watch(self._watch)

    def run(self) -> bool:
        """Work until told to stop (SIGTERM, SIGINT or `stop`); False if it ended by a fault of its own."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._on_signal)
            signal.signal(signal.SIGINT, self._on_signal)
        if self._settings.metrics_port:
            self.metrics.serve(self._settings.metrics_port)
        gc.set_threshold(COLLECT_AFTER)
        sys.setswitchinterval(SWITCH_S)
        writing = threading.Thread(target=self._write_until_stopped, name="writer", daemon=True)
        self._receiver.start()
        writing.start()
        if self._watch is not None:
            self._watch.start()
        self._stop.wait()
        self._finish(writing)
        return not self._failed

    def stop(self) -> None:
        """Ask `run` to commit what is held, acknowledge it and return, within 10 s."""
        self._receiver.pause()
        self._stop.set()

    @property
    def waiting(self) -> int:
        """Messages received and not yet in a batch."""
        return self._receiver.waiting

    @property
    def receiving(self) -> bool:
        """Whether the broker delivers to us at present."""
        return self._receiver.receiving

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def _bounds(self) -> Bounds:
        settings, now = self._settings, self._settings.the_clock.now()
        bounds = Bounds.at(now, settings.ingest_future_tolerance_s, settings.ingest_max_payload_bytes)
        return replace(bounds, earliest_ms=earliest_kept(now, settings.track_retention_days))

    def _write_until_stopped(self) -> None:
        try:
            for drafts in self._batches():
                self._write(drafts)
                self._writer.settle(overdue=True)
            self._writer.settle()
        except StoppedError as error:
            log.warning("stopped without storing what is held", reason=str(error))
        except Exception:
            log.exception("the writer failed; ending so that the supervisor starts afresh")
            self._failed = True
            self.stop()

    def _batches(self) -> Iterator[list[Draft]]:
        """Each is read while the one before is stored, until we are told to stop and nothing is left."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader") as reader:
            ahead = reader.submit(self._read)
            while (drafts := ahead.result()) is not None:
                ahead = reader.submit(self._read)
                yield drafts

    def _read(self) -> list[Draft] | None:
        stopping = self._stop.is_set()
        messages = self._take(0 if stopping else self._settings.ingest_batch_ms / 1000)
        if stopping and not messages:
            return None
        return [self._writer.draft(portion) for portion in portions(messages, PORTION_BYTES)]

    def _take(self, window_s: float) -> list[Message]:
        """A batch; with a backlog a larger one, for a commit costs the same whatever its size."""
        limit = self._settings.ingest_batch_messages
        messages = self._receiver.take(limit, window_s)
        more = self._settings.ingest_backlog_messages - len(messages)
        if len(messages) == limit and more > 0 and self._receiver.waiting:
            messages += self._receiver.take(more, 0)
        return messages

    def _write(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            self.metrics.received.inc(len(draft.messages))
            for stored in self._writer.store(draft):
                self._receiver.acknowledge(stored.messages)
                self._receiver.tell(stored.acks)
                self.metrics.count(stored)

    def _finish(self, writing: threading.Thread) -> None:
        started = time.monotonic()
        writing.join(GRACE_S)
        if writing.is_alive():
            log.warning("the database holds the last batch; interrupting it, the broker keeps the messages")
            self._database.cancel()
            writing.join(1.0)
        self._receiver.close()
        if self._watch is not None:
            self._watch.stop()
        if not writing.is_alive():
            self._database.close()
        log.info("stopped", seconds=round(time.monotonic() - started, 2))


def portions(messages: list[Message], most_bytes: int) -> Iterator[list[Message]]:
    """`messages` in their order, in parts of at most so much payload; a longer message is a part alone."""
    first = size = 0
    for at, message in enumerate(messages):
        size += len(message.payload)
        if size > most_bytes and at > first:
            yield messages[first:at]
            first, size = at, len(message.payload)
    if messages:
        yield messages[first:]
