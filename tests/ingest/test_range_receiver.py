"""Sessions come and go between two batches, although one is read while the other is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ingest.mqtt_receiver import MqttReceiver
from ingest.range_receiver import RangeReceiver
from ingest.roster import Session
from ingest.settings import IngestSettings
from ingest.shards import BrokerSession, ShardRange
from tests.conftest import Broker
from tests.ingest.conftest import eventually
from tests.ingest.terminal import Terminal
from tests.ingest.world import Registry, fix

WINDOW_S = 0.02


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def receiver(changes: list[str]) -> Iterator[RangeReceiver]:
    receiver = RangeReceiver(lambda: changes.append("change"))
    yield receiver
    receiver.pause()
    receiver.close()


@pytest.fixture
def serve(
    receiver: RangeReceiver, worker_settings: Callable[..., IngestSettings]
) -> Callable[[str], Session]:
    """Serve a session of everything, under a client id of its own."""
    settings = worker_settings()

    def begin(name: str) -> Session:
        session = Session(f"{settings.ingest_client_id}-{name}", ShardRange(0, 1))
        subscriptions = session.range.subscriptions()
        receiver.serve(
            session,
            lambda epoch: MqttReceiver(
                settings, settings.the_clock, BrokerSession(session.client_id, subscriptions, epoch)
            ),
        )
        eventually(lambda: receiver.receiving, "the broker delivers")
        return session

    return begin


@pytest.fixture
def terminal(registry: Registry, broker: Broker, terminal_code: str) -> Iterator[Terminal]:
    registry.terminal(terminal_code)
    with Terminal(terminal_code, broker.terminal_url(terminal_code)) as connected:
        yield connected


def test_a_new_session_gives_nothing_out_while_anything_of_another_is_in_hand(
    receiver: RangeReceiver, serve: Callable[[str], Session], terminal: Terminal, changes: list[str]
) -> None:
    serve("one")
    terminal.send(fix(0))
    eventually(lambda: receiver.waiting == 1, "the fix has come")
    in_hand = receiver.take(10, WINDOW_S)
    told = list(changes)

    serve("two")
    terminal.send(fix(1))
    eventually(lambda: receiver.waiting == 2, "the fix has come through both sessions")
    held_back = receiver.take(10, WINDOW_S)
    told_then = list(changes)
    receiver.acknowledge(in_hand)
    given = receiver.take(10, WINDOW_S)

    assert len(in_hand) == 1
    assert (told, held_back, told_then) == (["change"], [], ["change"])
    assert len(given) == 2
    assert changes == ["change", "change"]


def test_a_session_let_go_is_empty_only_when_what_was_taken_is_acknowledged(
    receiver: RangeReceiver, serve: Callable[[str], Session], terminal: Terminal
) -> None:
    session = serve("one")
    terminal.send(fix(0))
    eventually(lambda: receiver.waiting == 1, "the fix has come")
    in_hand = receiver.take(10, WINDOW_S)

    receiver.let_go([session.client_id])
    receiver.take(10, WINDOW_S)
    emptied_before = receiver.emptied()
    receiver.acknowledge(in_hand)
    receiver.take(10, WINDOW_S)

    assert emptied_before == ()
    assert receiver.emptied() == (session.client_id,)
