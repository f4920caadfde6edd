from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.supervision.tracks import Fix
from schemas.telemetry import Ack, epoch_ms
from simulators.replay.recording import RecordedTerminal, shift_to_present

FIRST = datetime(2011, 9, 10, 11, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)


@given(
    length_s=st.floats(1, 40_000), speed=st.one_of(st.just(0.0), st.floats(0.2, 500)), rate=st.floats(1, 120)
)
def test_no_replayed_fix_lies_ahead_of_the_clock_when_it_is_sent(
    length_s: float, speed: float, rate: float
) -> None:
    shift = shift_to_present(FIRST, FIRST + timedelta(seconds=length_s), NOW, speed=speed, clock_rate=rate)
    real_needed = length_s / speed if speed else 0.0

    for share in (0.0, 0.5, 1.0):
        fix_time = FIRST + shift + timedelta(seconds=length_s * share)
        clock = NOW + timedelta(seconds=real_needed * share * rate)
        assert fix_time <= clock + timedelta(milliseconds=1)


def recorded(count: int) -> RecordedTerminal:
    fixes = [
        Fix(
            time=FIRST + timedelta(seconds=10 * n), digest=n, lon=116.3, lat=39.98, speed_kmh=30.0,
            received_at=FIRST,
        )
        for n in range(count)
    ]  # fmt: skip
    return RecordedTerminal("REPLAY01", fixes, boot=1, shift=NOW - FIRST, speed=10.0)


def test_a_replay_at_ten_times_hands_over_a_fix_of_ten_seconds_every_second() -> None:
    terminal = recorded(5)

    terminal.feed(real_elapsed_s=2.0)
    (sent,) = terminal.outbox.due(real_s=0.0, sent_ms=0)

    assert [fix.time for fix in sent] == [epoch_ms(NOW + timedelta(seconds=s)) for s in (0, 10, 20)]


def test_a_replay_is_finished_when_everything_was_acknowledged_and_not_before() -> None:
    terminal = recorded(2)
    terminal.feed(real_elapsed_s=100.0)
    assert (terminal.handled, terminal.finished) == (0, False)

    terminal.outbox.acknowledge(Ack(boot=1, upto=1))

    assert (terminal.handled, terminal.finished) == (2, True)
