"""What is done to a whole batch at once gives what the rules give one by one."""

from __future__ import annotations

import struct
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import Batch, read_batch
from ingest.copy_format import HEADER, TRAILER, copy_bytes
from ingest.message import Message
from ingest.positions import CONTENT, Gathering
from ingest.progress import Heard, TerminalState, listen
from ingest.standing import Standings
from ingest.validate import EARLIEST_MS, Bounds, milliseconds, moment
from schemas.telemetry import Ack, Fix, Status, content_digest
from tests.ingest.world import NOON, NOON_MS, fix, message

BOUNDS = Bounds.at(NOON, 300, 65_536)
TERMINALS = {"T1": 11, "T2": 5, "T3": 70}

numbers = st.integers(0, 2**32 - 1)
some_fixes = st.builds(
    Fix,
    time=st.integers(EARLIEST_MS, NOON_MS), sent=st.integers(0, NOON_MS), boot=st.integers(0, 2**31 - 1),
    seq=st.integers(0, 2**53 - 1), oldest=st.integers(0, 2**53 - 1), lon=st.floats(-180, 180),
    lat=st.floats(-90, 90), speed=st.floats(0, 500), heading=st.floats(0, 360), fixed=st.booleans(),
    altitude=st.none() | st.floats(-1000, 10_000), odometer=st.none() | st.floats(0, 10_000_000),
    ignition=st.none() | st.booleans(), energy=st.none() | st.floats(0, 100),
    satellites=st.none() | st.integers(0, 99), hdop=st.none() | st.floats(0, 100), alarm=numbers,
    status=numbers, )  # fmt: skip


def gathered(*fixes: Fix) -> Gathering:
    count = len(fixes)
    return Gathering(list(fixes), [1] * count, [NOON_MS] * count, list(range(count)))


@given(st.lists(some_fixes, max_size=5))
def test_digests_of_a_batch_are_the_contract_s(fixes: list[Fix]) -> None:
    """Invariant 1: a row stored long ago is known again."""
    positions = gathered(*fixes).positions()

    assert positions.digest.tolist() == [content_digest(fix) for fix in fixes]
    assert Fix.__struct_fields__[CONTENT:][0] == "lon"


@given(st.lists(some_fixes, min_size=1, max_size=5))
def test_columns_hold_what_the_fixes_say(fixes: list[Fix]) -> None:
    positions = gathered(*fixes).positions()

    for name in Fix.__struct_fields__:
        said = [getattr(fix, name) for fix in fixes]
        held = [None if value != value else value for value in positions[name].tolist()]
        assert held == said


def test_rows_that_lack_fields_stand_beside_rows_that_do_not() -> None:
    content = copy_bytes(
        {
            "a": ("int4", np.array([1, 2, 3])),
            "b": ("float4", np.array([0.5, np.nan, 1.5])),
            "c": ("bool", np.array([1.0, 0.0, np.nan])),
        }
    )

    whole = struct.pack(">hiiifib", 3, 4, 1, 4, 0.5, 1, 1)
    without_b = struct.pack(">hiiiib", 3, 4, 2, -1, 1, 0)
    without_c = struct.pack(">hiiifi", 3, 4, 3, 4, 1.5, -1)
    assert content == HEADER + whole + without_b + without_c + TRAILER


said = st.one_of(
    st.tuples(st.integers(1, 2), st.integers(0, 8), st.integers(0, 8), st.integers(-3_000, 3_000)),
    st.booleans(),
)
batches = st.lists(
    st.lists(st.tuples(st.sampled_from(sorted(TERMINALS)), said), max_size=8), min_size=1, max_size=4
)


def spoken(terminal: str, content: Any, place: int) -> Message:
    received_at = NOON + timedelta(milliseconds=place)
    if isinstance(content, bool):
        return message(terminal, Status(online=content), "status", received_at=received_at)
    boot, seq, oldest, delay = content
    sent = fix(place, boot=boot, seq=seq, oldest=oldest, sent=NOON_MS + delay)
    return message(terminal, sent, received_at=received_at)


def one_by_one(
    states: dict[str, TerminalState], messages: list[Message]
) -> tuple[dict[str, TerminalState], list[tuple[str, Ack]]]:
    """The rules of `progress`, a terminal after the other."""
    heard: dict[str, Heard] = {}
    for sent in messages:
        terminal, kind = sent.topic.split("/")[3:]
        of_it = heard.setdefault(terminal, Heard(sent.received_at))
        of_it.received_at = sent.received_at
        if kind == "status":
            of_it.online = msgspec.json.decode(sent.payload, type=Status).online
            continue
        said = msgspec.json.decode(sent.payload, type=Fix)
        of_it.online = True
        of_it.numbers(said.boot).add(said.seq, said.oldest)
        of_it.measure(said.time, said.sent, milliseconds(sent.received_at))
    after = {terminal: listen(states.get(terminal), of_it) for terminal, of_it in heard.items()}
    return (
        {terminal: state for terminal, (state, _) in after.items()},
        [(terminal, ack) for terminal, (_, acks) in after.items() for ack in acks],
    )


def at_once(standings: Standings, batch: Batch) -> tuple[dict[str, TerminalState], list[tuple[str, Ack]]]:
    heard = {TERMINALS[terminal]: of_it for terminal, of_it in batch.heard.items()}
    advance = standings.advance(batch.numbered, batch.positions, heard)
    standings.commit(advance)
    names = {number: name for name, number in TERMINALS.items()}
    states = {names[number]: standings.state(number) for number in advance.rows["terminal_id"].tolist()}
    return (
        {name: state for name, state in states.items() if state is not None},
        [(names[number], ack) for number, ack in advance.acks],
    )


def rounded(state: TerminalState) -> TerminalState:
    return TerminalState(
        state.progress,
        state.online,
        state.last_received_at,
        round(state.receive_lag_s, 6),
        round(state.clock_skew_s, 6),
    )


@settings(max_examples=300, deadline=None)
@given(batches)
def test_terminals_advanced_at_once_stand_where_the_rules_put_them(
    spoken_batches: list[list[tuple[str, Any]]],
) -> None:
    """Gaps, old boots, repeated numbers and statuses in any mixture (invariant 1)."""
    standings, states = Standings(), dict[str, TerminalState]()
    standings.learn(list(TERMINALS.values()), {})
    place = 0
    for spoken_batch in spoken_batches:
        messages = [
            spoken(terminal, content, place + k) for k, (terminal, content) in enumerate(spoken_batch)
        ]
        place += len(messages)

        expected, expected_acks = one_by_one(states, messages)
        found, acks = at_once(standings, read_batch(messages, TERMINALS, BOUNDS))

        assert {name: rounded(state) for name, state in found.items()} == {
            name: rounded(state) for name, state in expected.items()
        }
        assert sorted(acks, key=repr) == sorted(expected_acks, key=repr)
        states |= expected


def test_a_terminal_s_row_is_read_before_it_is_advanced() -> None:
    standings = Standings()
    assert standings.unread(np.array([11, 5, 11])) == [5, 11]

    state = TerminalState(listen(None, Heard(NOON))[0].progress, True, moment(NOON_MS))
    standings.learn([11, 5], {11: state})

    assert standings.unread(np.array([11, 5])) == []
    assert standings.state(11) == state
    assert standings.state(5) is None
