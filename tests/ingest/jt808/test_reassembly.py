"""Messages in fragments."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.jt808.errors import FrameError
from ingest.jt808.header import Frame, Header, Part
from ingest.jt808.reassembly import MAX_BYTES, MAX_MESSAGES, MAX_PARTS, Missing, Reassembler, split
from tests.ingest.jt808.wire import unhurried

WHOLE = Frame(Header(0x0704, "13800000001", 65_534), bytes(range(256)) * 10)


@unhurried
@given(order=st.permutations(range(6)), again=st.lists(st.integers(0, 5), max_size=4))
def test_fragments_give_the_message_in_any_order_and_however_often(
    order: list[int], again: list[int]
) -> None:
    fragments = split(WHOLE, limit=500)
    reassembler = Reassembler()

    early = [
        reassembler.add(fragments[index], 0.0) for index in order[:-1] for _ in range(1 + (index in again))
    ]
    last = reassembler.add(fragments[order[-1]], 0.0)

    assert early == [None] * len(early)
    assert last is not None and last.frame == WHOLE
    assert last.serials == (65_534, 65_535, 0, 1, 2, 3)


def test_serial_numbers_of_fragments_follow_one_another_across_the_wrap() -> None:
    serials = [frame.header.serial for frame in split(WHOLE, limit=500)]

    assert all((after - before) & 0xFFFF == 1 for before, after in pairwise(serials))


def test_a_message_that_one_frame_holds_is_not_split() -> None:
    small = Frame(WHOLE.header, b"x")

    assert split(small) == [small]
    whole = Reassembler().add(small, 0.0)
    assert whole is not None and whole.frame == small


def test_what_is_missing_is_asked_for_a_few_times_and_then_given_up() -> None:
    reassembler = Reassembler()
    for fragment in split(WHOLE, limit=500)[1:-1]:
        reassembler.add(fragment, 0.0)

    assert list(reassembler.overdue(1.0, patience_s=5, times=2)) == []
    assert list(reassembler.overdue(6.0, patience_s=5, times=2)) == [Missing(65_534, (1, 6))]
    assert list(reassembler.overdue(12.0, patience_s=5, times=2)) == [Missing(65_534, (1, 6))]
    assert list(reassembler.overdue(18.0, patience_s=5, times=2)) == []
    assert list(reassembler.overdue(24.0, patience_s=5, times=2)) == []


def test_another_message_of_the_same_kind_takes_the_place_of_an_unfinished_one() -> None:
    reassembler = Reassembler()
    other = Frame(msgspec.structs.replace(WHOLE.header, serial=100), b"y" * 900)
    reassembler.add(split(WHOLE, limit=500)[0], 0.0)

    first, second = (reassembler.add(fragment, 0.0) for fragment in split(other, limit=500))

    assert first is None
    assert second is not None and second.frame == other


def test_unfinished_messages_cost_bounded_memory() -> None:
    reassembler = Reassembler()
    for message_id in range(100):
        for number in range(1, 40):
            header = Header(message_id, "13800000001", number, part=Part(MAX_PARTS, number))
            reassembler.add(Frame(header, bytes(1_023)), float(message_id))

    piles = reassembler._piles.values()
    assert len(piles) <= MAX_MESSAGES
    assert sum(len(body) for pile in piles for body in pile.bodies.values()) <= MAX_BYTES
    with pytest.raises(FrameError, match="too long"):
        reassembler.add(Frame(Header(2, "1", 1, part=Part(MAX_PARTS + 1, 1)), b""), 0.0)
