from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.progress import MAX_RANGES, Heard, Numbers, Progress, TerminalState, follow, listen, merge
from schemas.telemetry import Ack
from tests.ingest.world import NOON

seqs_lists = st.lists(st.integers(0, 60), max_size=60)


def told(progress: Progress, highest: int = 200) -> set[int]:
    """Every number the progress speaks for, up to `highest`."""
    within = {seq for first, last in progress.ranges for seq in range(first, last + 1)}
    return set(range(progress.upto + 1)) | within


@given(seqs_lists)
def test_progress_speaks_for_exactly_what_was_dealt_with(seqs: list[int]) -> None:
    progress = Progress(1).advanced(seqs, oldest=0)

    assert told(progress) == set(seqs)
    assert progress.upto + 1 not in seqs


@given(seqs_lists, st.integers(0, 60))
def test_what_a_terminal_released_needs_no_word(seqs: list[int], oldest: int) -> None:
    assert told(Progress(1).advanced(seqs, oldest)) == set(seqs) | set(range(oldest))


@given(st.lists(st.tuples(seqs_lists, st.integers(0, 60)), max_size=6), st.randoms())
def test_order_and_repetition_of_batches_do_not_matter(batches: list, shuffler: random.Random) -> None:
    straight = crooked = Progress(1)
    for seqs, oldest in batches:
        straight = straight.advanced(seqs, oldest)
    again = batches + batches[:2]
    shuffler.shuffle(again)
    for seqs, oldest in again:
        crooked = crooked.advanced(seqs, oldest)

    assert crooked == straight


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)).map(lambda r: (r[0], r[0] + r[1]))))
def test_merged_ranges_are_ascending_with_gaps_between(ranges: list[tuple[int, int]]) -> None:
    merged = merge(ranges)

    assert all(before[1] + 1 < after[0] for before, after in pairwise(merged))
    assert {n for a, b in merged for n in range(a, b + 1)} == {n for a, b in ranges for n in range(a, b + 1)}


def test_a_newer_boot_begins_anew() -> None:
    after, acks = follow(Progress(boot=3, upto=900), {4: Numbers([0, 1], 0)})

    assert after == Progress(boot=4, upto=1)
    assert acks == [Ack(boot=4, upto=1, ranges=[])]


def test_an_older_boot_is_answered_and_changes_nothing() -> None:
    now = Progress(boot=4, upto=17)

    after, acks = follow(now, {3: Numbers([901, 902, 905], 901)})

    assert after == now
    assert acks == [Ack(boot=3, upto=902, ranges=[(905, 905)])]


def test_two_boots_in_one_batch_are_both_answered() -> None:
    after, acks = follow(Progress(), {2: Numbers([0], 0), 1: Numbers([8], 8)})

    assert after == Progress(boot=2, upto=0)
    assert [ack.boot for ack in acks] == [1, 2]


def test_memory_of_gaps_is_bounded_but_the_ack_is_complete() -> None:
    every_other = list(range(1, 4 * MAX_RANGES, 2))

    after, (ack,) = follow(Progress(1), {1: Numbers(every_other, 0)})

    assert len(after.ranges) == MAX_RANGES
    assert len(ack.ranges) == len(every_other)


def test_the_last_message_says_whether_a_terminal_is_online() -> None:
    heard = Heard(NOON, online=False)

    after, acks = listen(None, heard)

    assert not after.online
    assert acks == []
    assert after.progress == Progress()


def test_lag_and_skew_are_kept_when_nothing_new_is_measured() -> None:
    before = TerminalState(Progress(1, 5), True, NOON, receive_lag_s=2.0, clock_skew_s=-0.2)

    after, _ = listen(before, Heard(NOON + timedelta(minutes=1), online=False))

    assert (after.receive_lag_s, after.clock_skew_s) == (2.0, -0.2)


def test_skew_takes_the_smallest_magnitude_and_drifts_towards_a_lasting_change() -> None:
    before = TerminalState(Progress(1, 5), True, NOON, clock_skew_s=-0.5)

    nearer, _ = listen(before, Heard(NOON, skew_s=0.3))
    farther, _ = listen(before, Heard(NOON, skew_s=-10.5))

    assert nearer.clock_skew_s == 0.3
    assert -10.5 < farther.clock_skew_s < -0.5
