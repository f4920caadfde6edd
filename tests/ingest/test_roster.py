"""Which worker serves which shards: the arithmetic and the sharing out, without a broker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.roster import Duty, Session, duty, fair_share, those_who_share
from ingest.shards import KINDS, SHARDS, ShardRange, ranges_of
from schemas.telemetry import shard, topic

COUNTS = st.integers(1, SHARDS)


@given(COUNTS)
def test_ranges_cover_every_shard_once_and_differ_by_one_at_most(count: int) -> None:
    ranges = ranges_of(count)

    assert [number for one in ranges for number in one.shards] == list(range(SHARDS))
    assert max(len(one.shards) for one in ranges) - min(len(one.shards) for one in ranges) <= 1


@given(COUNTS, st.text("ABCDEF0123456789_-", min_size=1, max_size=32))
def test_a_terminals_topics_are_subscribed_in_its_range_and_in_no_other(count: int, terminal: str) -> None:
    wanted = {topic(terminal, kind).replace(f"/{terminal}/", "/+/") for kind in KINDS}

    served = [one for one in ranges_of(count) if one.has(terminal)]
    patterns = {p.replace("mp/v1/+/", f"mp/v1/{shard(terminal)}/", 1) for p in served[0].subscriptions()}

    assert len(served) == 1
    assert wanted <= patterns


def test_one_range_is_what_a_single_worker_always_had() -> None:
    (everything,) = ranges_of(1)

    assert everything.client_id("motorpool-ingest") == "motorpool-ingest"
    assert everything.subscriptions() == ("mp/v1/+/+/fix", "mp/v1/+/+/event", "mp/v1/+/+/status")


@given(COUNTS, COUNTS)
def test_another_number_of_ranges_has_other_sessions(one: int, other: int) -> None:
    names = [{r.client_id("ingest") for r in ranges_of(count)} for count in (one, other)]

    assert one == other or not names[0] & names[1]


@pytest.mark.parametrize(("number", "ranges"), [(0, 0), (2, 2), (-1, 4), (0, 257)])
def test_a_range_that_cannot_be_is_refused(number: int, ranges: int) -> None:
    with pytest.raises(ValueError, match="ranges, counted from 0"):
        ShardRange(number, ranges)


@given(st.integers(1, 40), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_fair_shares_add_up_and_differ_by_one_at_most(ranges: int, workers: set[str]) -> None:
    shares = [fair_share(ranges, workers, worker) for worker in workers]

    assert sum(shares) == ranges
    assert max(shares) - min(shares) <= 1


@given(
    ranges=st.integers(1, 12),
    before=st.lists(st.sampled_from(["a", "b", "c", None]), min_size=12, max_size=12),
    workers=st.sets(st.sampled_from("abc"), min_size=1),
    turns=st.permutations(["a", "b", "c"]),
)
def test_whoever_dies_or_comes_every_range_is_served_again_by_one_worker(
    ranges: int, before: list[str | None], workers: set[str], turns: list[str]
) -> None:
    """The dead are gone from the rows; the living take their turns until nobody has anything to do."""
    owners = {
        r: worker if worker in workers else None for r, worker in zip(ranges_of(ranges), before, strict=False)
    }

    for me in [turn for turn in turns * (2 * ranges + 2) if turn in workers]:
        sessions = [Session(r.client_id("i"), r, opened=True, worker=owners[r]) for r in owners]
        step = duty(sessions, workers, me)
        owners |= {s.range: me for s in sessions if s.client_id in step.take and s.worker is None}
        owners |= {s.range: None for s in sessions if s.client_id in step.hand_back and s.worker == me}

    held = [list(owners.values()).count(worker) for worker in workers]
    assert sum(held) == ranges
    assert max(held) - min(held) <= 1


def test_whoever_does_not_reach_the_broker_leaves_his_ranges_to_those_who_do() -> None:
    sessions = [Session(r.client_id("i"), r, opened=True, worker="cut off") for r in ranges_of(2)]
    sharing = those_who_share({"cut off": False, "well": True})

    assert duty(sessions, sharing, "cut off").hand_back == ("i-1of2", "i-2of2")
    assert duty(sessions, sharing, "well") == Duty()


def test_if_nobody_reaches_the_broker_everybody_keeps_his_ranges() -> None:
    sessions = [Session(r.client_id("i"), r, opened=True, worker="ab"[r.number]) for r in ranges_of(2)]
    sharing = those_who_share({"a": False, "b": False})

    assert [duty(sessions, sharing, me) for me in "ab"] == [Duty(), Duty()]


def retired_beside(*, opened: bool, worker: str | None = None) -> list[Session]:
    current = [Session(r.client_id("i"), r, opened=opened, worker="me") for r in ranges_of(2)]
    return [*current, Session("i", ShardRange(0, 1), retired=True, worker=worker)]


def test_an_earlier_session_is_emptied_only_when_its_successors_keep_what_comes() -> None:
    assert duty(retired_beside(opened=False), ["me"], "me").take == ()
    assert duty(retired_beside(opened=True), ["me"], "me").take == ("i",)


def test_an_earlier_session_is_emptied_by_one_worker_at_a_time() -> None:
    assert duty(retired_beside(opened=True, worker="me"), ["me"], "me").take == ()
