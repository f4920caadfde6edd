from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.telemetry import Ack, Fix
from simulators.terminals.outbox import LARGEST_ARRAY, RESEND_AFTER_S, Outbox


def fix(outbox: Outbox) -> Fix:
    number = outbox.take_number()
    return Fix(
        time=number * 1000, sent=0, boot=outbox.boot, seq=number, oldest=0, lon=117.9, lat=36.6, speed=0,
        heading=0, fixed=True,
    )  # fmt: skip


def outbox_holding(count: int) -> Outbox:
    outbox = Outbox(boot=3)
    for _ in range(count):
        outbox.put(fix(outbox))
    return outbox


@given(
    held=st.integers(1, 80),
    upto=st.integers(-1, 90),
    ranges=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=4),
)
def test_an_acknowledgement_frees_exactly_what_it_covers(
    held: int, upto: int, ranges: list[tuple[int, int]]
) -> None:
    outbox = outbox_holding(held)
    covered = {n for n in range(held) if n <= upto or any(a <= n <= b for a, b in ranges)}

    freed = outbox.acknowledge(Ack(boot=3, upto=upto, ranges=ranges))

    assert {one.seq for one in freed} == covered
    assert len(outbox) == held - len(covered)


def test_an_acknowledgement_of_an_earlier_boot_frees_nothing() -> None:
    outbox = outbox_holding(2)

    assert outbox.acknowledge(Ack(boot=2, upto=9)) == []
    assert len(outbox) == 2


def test_what_nobody_acknowledged_is_sent_again_with_the_oldest_number_still_held() -> None:
    outbox = outbox_holding(3)
    list(outbox.due(real_s=0.0, sent_ms=5))
    outbox.acknowledge(Ack(boot=3, upto=0))

    assert list(outbox.due(real_s=RESEND_AFTER_S / 2, sent_ms=6)) == []
    (again,) = outbox.due(real_s=RESEND_AFTER_S, sent_ms=7)

    assert [(one.seq, one.oldest, one.sent) for one in again] == [(1, 1, 7), (2, 1, 7)]


def test_a_long_silence_goes_out_in_arrays_of_bounded_size() -> None:
    outbox = outbox_holding(2 * LARGEST_ARRAY + 1)

    sizes = [len(fixes) for fixes in outbox.due(real_s=0.0, sent_ms=0)]

    assert sizes == [LARGEST_ARRAY, LARGEST_ARRAY, 1]


def test_a_broken_connection_sends_everything_held_at_once() -> None:
    outbox = outbox_holding(2)
    list(outbox.due(real_s=0.0, sent_ms=0))

    outbox.forget_sending()

    assert [len(fixes) for fixes in outbox.due(real_s=0.1, sent_ms=0)] == [2]
