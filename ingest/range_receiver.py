"""Several sessions at the broker as one source of messages: a worker may serve more than one range."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingest.message import Message
from ingest.mqtt_receiver import MqttReceiver
from ingest.retired import RetiredReceiver
from ingest.roster import Session
from schemas.telemetry import Ack

EPOCHS = 1 << 32
"""Epochs of one session; the multiple tells which session a message came through."""
STEP_S = 0.005


@dataclass(frozen=True, slots=True)
class Served:
    """A session this worker serves. `leaving` ones take nothing in; what they hold is still stored."""

    session: Session
    receiver: MqttReceiver
    leaving: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing is held of it and nothing will come."""
        done = self.leaving or (isinstance(self.receiver, RetiredReceiver) and self.receiver.done)
        return done and not self.receiver.waiting


class RangeReceiver:
    """Feeds the writer from every session served at the moment.

    The keeper's thread adds sessions and lets them go, the reader's takes, the writer's acknowledges.
    `on_change` is called before the first message of a new session is given out, and while none is in hand.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.on_change = on_change
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._served: dict[int, Served] = {}  # by the multiple of EPOCHS; replaced, never changed
        self._emptied: set[str] = set()
        self._in_hand = 0  # taken and not acknowledged yet
        self._changed = False
        self._paused = False

    def serve(self, session: Session, open_session: Callable[[int], MqttReceiver]) -> None:
        """Begin with a session; `open_session` makes its receiver, given the first epoch."""
        with self._lock:
            if self._paused:
                return
            number = next(self._numbers)
            receiver = open_session(number * EPOCHS)
            self._served = {**self._served, number: Served(session, receiver)}
            self._changed = True
        receiver.start()

    def let_go(self, client_ids: Iterable[str]) -> None:
        """Take in nothing more through these; `emptied` names them when the batch under way is through."""
        leaving = set(client_ids)
        with self._lock:
            for number, served in self._served.items():
                if served.session.client_id in leaving:
                    served.receiver.pause()
                    left = Served(served.session, served.receiver, leaving=True)
                    self._served = {**self._served, number: left}

    def emptied(self) -> tuple[str, ...]:
        """Those let go, or of themselves done, of which nothing is held any more."""
        with self._lock:
            return tuple(self._emptied)

    def drop(self, client_id: str) -> MqttReceiver:
        """Forget this session. What is still held of it is not stored: the broker has it."""
        with self._lock:
            number = next(n for n, one in self._served.items() if one.session.client_id == client_id)
            receiver = self._served[number].receiver
            self._served = {n: one for n, one in self._served.items() if n != number}
            self._emptied.discard(client_id)
        return receiver

    def served(self) -> tuple[Served, ...]:
        return tuple(self._served.values())

    def take(self, limit: int, window_s: float) -> list[Message]:
        if not self._settled():
            return []
        receivers = [served.receiver for served in self._served.values()]
        if len(receivers) == 1:
            taken = receivers[0].take(limit, window_s)
        else:
            taken = self._take_from_several(receivers, limit, window_s)
        with self._lock:
            self._in_hand += len(taken)
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        with self._lock:
            self._in_hand -= len(messages)
        served = self._served
        if len(served) == 1:  # it knows its own: the others' epochs are not its
            next(iter(served.values())).receiver.acknowledge(messages)
            return
        for number, group in itertools.groupby(messages, key=lambda message: message.epoch // EPOCHS):
            if number in served:
                served[number].receiver.acknowledge(list(group))

    def tell(self, acks: Iterable[tuple[str, Ack]]) -> None:
        """Through the session of the terminal's range, or through any that is connected."""
        connected = [served for served in self._served.values() if served.receiver.receiving]
        if len(connected) == 1:
            connected[0].receiver.tell(list(acks))
            return
        groups: dict[int, list[tuple[str, Ack]]] = {}
        for terminal, ack in acks:
            theirs = (i for i, served in enumerate(connected) if served.session.range.has(terminal))
            groups.setdefault(next(theirs, 0), []).append((terminal, ack))
        for index, group in groups.items():
            if connected:
                connected[index].receiver.tell(group)

    def pause(self) -> None:
        with self._lock:
            self._paused = True
            receivers = [served.receiver for served in self._served.values()]
        for receiver in receivers:
            receiver.pause()

    def close(self) -> None:
        for served in self.served():
            served.receiver.close()

    @property
    def waiting(self) -> int:
        return sum(served.receiver.waiting for served in self._served.values())

    @property
    def unacknowledged(self) -> int:
        """Messages the broker delivered to us and waits for our word on."""
        return self.waiting + self._in_hand

    @property
    def receiving(self) -> bool:
        served = [one for one in self._served.values() if not one.session.retired]
        return bool(served) and all(one.receiver.receiving for one in served)

    def _settled(self) -> bool:
        """A change takes effect between two batches, when all that was taken is committed and acknowledged;
        until then nothing more is given out.
        """
        with self._lock:
            empty = {one.session.client_id for one in self._served.values() if one.is_empty}
            if not self._changed and empty <= self._emptied:
                return True
            if self._in_hand:
                return False
            self._emptied |= empty
            changed, self._changed = self._changed, False
        if changed:
            self.on_change()
        return True

    def _take_from_several(
        self, receivers: Sequence[MqttReceiver], limit: int, window_s: float
    ) -> list[Message]:
        """A fair part of the batch from each; what one has not, the next ones may fill."""
        self._gather(receivers, limit, window_s)
        taken: list[Message] = []
        for position, receiver in enumerate(receivers):
            fair = (limit - len(taken)) // (len(receivers) - position)
            taken += receiver.take(fair, 0) if receiver.waiting and fair else ()
        return taken

    def _gather(self, receivers: Sequence[MqttReceiver], limit: int, window_s: float) -> None:
        """Wait up to a window for a first message, then gather for another."""
        now = time.monotonic()
        first_by, full_by = now + window_s, float("inf")
        while (now := time.monotonic()) < min(first_by, full_by):
            waiting = sum(receiver.waiting for receiver in receivers)
            if waiting >= limit or (waiting and self._paused):
                return
            if waiting and full_by == float("inf"):
                first_by, full_by = float("inf"), now + window_s
            time.sleep(min(STEP_S, window_s))
