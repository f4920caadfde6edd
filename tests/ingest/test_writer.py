"""Batches on a real database, with the rights of ingest and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from ingest.message import Message
from ingest.writer import Stored, Writer
from schemas.telemetry import Ack, Event, Status
from tests.ingest.world import NOON, NOON_MS, Registry, fields, fix, message

TEN_TO = NOON - timedelta(minutes=10)


def write(writer: Writer, *messages: Message) -> Stored:
    """One batch that lands in one transaction."""
    (stored,) = writer.write(messages)
    return stored


def test_a_fix_becomes_a_row_with_its_three_clocks(writer: Writer, registry: Registry) -> None:
    terminal_id = registry.terminal("T1")

    write(writer, message("T1", fix(5, lon=117.5, alarm=2**32 - 1)))

    assert registry.rows(
        """SELECT terminal_id, time, sent_at, received_at, boot, seq, lon, lat, speed_kmh, heading_deg,
                  altitude_m, odometer_km, ignition, energy_pct, satellites, fixed, alarm FROM position"""
    ) == [
        (
            terminal_id, TEN_TO + timedelta(seconds=5), TEN_TO + timedelta(seconds=5.2), NOON, 1, 5, 117.5,
            36.65, 42.5, 90, None, 1204.5, True, 71, 14, True, 2**32 - 1,
        )
    ]  # fmt: skip


def test_a_fix_sent_three_times_is_stored_once_and_acknowledged_each_time(
    writer: Writer, registry: Registry
) -> None:
    """Invariant 1: the key is terminal, event time and content; number and sending time do not count."""
    registry.terminal("T1")
    again = fix(0, seq=1, sent=NOON_MS - 1000)

    outcomes = [write(writer, message("T1", sent)) for sent in (fix(0), fix(0), again)]

    assert [(outcome.new, outcome.known) for outcome in outcomes] == [(1, 0), (0, 1), (0, 1)]
    assert [outcome.acks for outcome in outcomes] == [
        [("T1", Ack(1, 0, []))],
        [("T1", Ack(1, 0, []))],
        [("T1", Ack(1, 1, []))],
    ]
    assert registry.value("SELECT count(*) FROM position") == 1
    assert registry.value("SELECT count(*) FROM position_change") == 1


def test_the_same_fix_twice_in_one_batch_is_stored_once(writer: Writer, registry: Registry) -> None:
    """Invariant 1."""
    registry.terminal("T1")

    stored = write(writer, message("T1", [fix(0), fix(0)]), message("T1", fix(0)))

    assert (stored.new, stored.known) == (1, 2)


def test_another_fix_of_the_same_moment_is_kept(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")

    assert write(writer, message("T1", [fix(0), fix(0, speed=0, seq=1)])).new == 2


class TestReusedNumber:
    """One boot and sequence number for two fixes: both are kept, and people see it."""

    FLAGGED = "SELECT kind, detail, time FROM terminal_event ORDER BY time"

    def test_a_number_that_comes_again_with_other_content_is_kept_and_flagged(
        self, writer: Writer, registry: Registry
    ) -> None:
        registry.terminal("T1")
        write(writer, message("T1", [fix(0), fix(1)]))

        other = write(writer, message("T1", fix(60, seq=1)))
        again = write(writer, message("T1", fix(60, seq=1)))

        assert (other.new, other.reused) == (1, 1)
        assert (again.new, again.reused) == (0, 0)
        assert registry.rows(self.FLAGGED) == [
            ("sequence_reused", {"boot": 1, "seq": 1}, TEN_TO + timedelta(seconds=60))
        ]

    def test_two_contents_of_one_number_in_a_batch_are_flagged_once(
        self, writer: Writer, registry: Registry
    ) -> None:
        registry.terminal("T1")

        stored = write(writer, message("T1", fix(0)), message("T1", fix(0, speed=1)))

        assert (stored.new, stored.reused) == (2, 1)
        assert len(registry.rows(self.FLAGGED)) == 1

    def test_a_number_beyond_a_gap_is_remembered(self, writer: Writer, registry: Registry) -> None:
        registry.terminal("T1")
        write(writer, message("T1", [fix(0), fix(5)]))

        assert write(writer, message("T1", fix(9, seq=5))).reused == 1

    def test_late_fixes_and_new_boots_are_no_reuse(self, writer: Writer, registry: Registry) -> None:
        registry.terminal("T1")
        write(writer, message("T1", [fix(seq) for seq in (0, 1, 5)]))

        late = write(writer, message("T1", [fix(2), fix(3), fix(4)]))
        boot = write(writer, message("T1", fix(90, seq=1, boot=2)))

        assert (late.reused, boot.reused) == (0, 0)
        assert registry.rows(self.FLAGGED) == []


def test_a_batch_known_in_part_announces_only_what_was_new(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")
    write(writer, message("T1", [fix(0), fix(1), fix(2)]))

    stored = write(writer, message("T1", [fix(0), fix(1), fix(2), fix(7), fix(8)]))

    assert (stored.new, stored.known) == (2, 3)
    assert registry.rows("SELECT changed_from, changed_to FROM position_change ORDER BY id")[1:] == [
        ([TEN_TO + timedelta(seconds=7)], [TEN_TO + timedelta(seconds=8)])
    ]


def test_a_field_that_is_missing_is_null_and_one_that_is_there_is_not(
    writer: Writer, registry: Registry
) -> None:
    registry.terminal("T1")
    sparse = {key: value for key, value in fields(seq=1, time=NOON_MS).items() if value is not None}
    for name in ("odometer", "ignition", "satellites", "energy"):
        del sparse[name]

    assert write(writer, message("T1", [fix(0, ignition=False), sparse])).new == 2

    assert registry.rows(
        "SELECT odometer_km, ignition, energy_pct, satellites, hdop FROM position ORDER BY time"
    ) == [(1204.5, False, 71.0, 14, pytest.approx(0.8)), (None, None, None, None, pytest.approx(0.8))]


def test_each_terminal_gets_one_ack_and_one_changed_window(writer: Writer, registry: Registry) -> None:
    ids = [registry.terminal("T1"), registry.terminal("T2")]

    stored = write(
        writer, message("T1", [fix(3), fix(1)]), message("T2", fix(7, oldest=7)), message("T1", fix(0))
    )

    assert len(stored.acks) == 2
    assert dict(stored.acks) == {"T1": Ack(1, 1, [(3, 3)]), "T2": Ack(1, 7, [])}
    assert registry.rows("SELECT terminal_ids, changed_from, changed_to FROM position_change") == [
        (
            ids,
            [TEN_TO, TEN_TO + timedelta(seconds=7)],
            [TEN_TO + timedelta(seconds=3), TEN_TO + timedelta(seconds=7)],
        )
    ]


def test_a_worker_that_starts_anew_knows_how_far_each_terminal_is(
    new_writer: Callable[[], Writer], registry: Registry
) -> None:
    registry.terminal("T1")
    write(new_writer(), message("T1", [fix(seq) for seq in (0, 1, 2, 5)]))

    after_restart = write(new_writer(), message("T1", fix(3)))

    assert after_restart.acks == [("T1", Ack(1, 3, [(5, 5)]))]


def test_a_newer_boot_begins_its_numbers_anew(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")
    write(writer, message("T1", [fix(seq) for seq in range(9)]))

    stored = write(writer, message("T1", fix(0, boot=2, time=NOON_MS, sent=NOON_MS)))

    assert stored.acks == [("T1", Ack(2, 0, []))]
    assert registry.rows("SELECT boot, upto FROM terminal_progress") == [(2, 0)]


def test_a_replaced_worker_cannot_set_progress_back(
    new_writer: Callable[[], Writer], registry: Registry
) -> None:
    registry.terminal("T1")
    replaced, current = new_writer(), new_writer()
    write(replaced, message("T1", fix(0)))
    write(current, message("T1", [fix(1), fix(2)]))

    write(replaced, message("T1", fix(1)))

    assert registry.value("SELECT upto FROM terminal_progress") == 2


class TestLiveState:
    """vehicle_state: the newest fix with a satellite solution, of the vehicle the terminal sat in then."""

    def newest(self, registry: Registry) -> list[tuple[int, float]]:
        return registry.rows(
            "SELECT vehicle_id, extract(epoch FROM time)::bigint - %s FROM vehicle_state ORDER BY 1",
            (NOON_MS - 600_000) // 1000,
        )

    def test_a_late_fix_never_moves_the_live_position(self, writer: Writer, registry: Registry) -> None:
        vehicle = registry.vehicle("示A·10001")
        registry.bind(registry.terminal("T1"), vehicle, TEN_TO - timedelta(days=1))

        write(writer, message("T1", fix(20)))
        late = write(writer, message("T1", [fix(10), fix(19)]))
        assert self.newest(registry) == [(vehicle, 20)]
        write(writer, message("T1", fix(21)))

        assert late.new == 2
        assert self.newest(registry) == [(vehicle, 21)]

    def test_a_fix_without_satellites_never_moves_the_live_position(
        self, writer: Writer, registry: Registry
    ) -> None:
        vehicle = registry.vehicle("示A·10001")
        registry.bind(registry.terminal("T1"), vehicle, TEN_TO - timedelta(days=1))

        stored = write(writer, message("T1", [fix(1), fix(2, fixed=False, lon=0, lat=0)]))

        assert stored.new == 2
        assert self.newest(registry) == [(vehicle, 1)]

    def test_a_fix_belongs_to_the_vehicle_the_terminal_sat_in_at_its_time(
        self, writer: Writer, registry: Registry
    ) -> None:
        """DESIGN §3: the vehicle is found through the binding in force at event time."""
        terminal = registry.terminal("T1")
        before, after = registry.vehicle("示A·10001"), registry.vehicle("示A·10002")
        moved = TEN_TO + timedelta(seconds=10)
        registry.bind(terminal, before, TEN_TO - timedelta(days=1), moved)
        registry.bind(terminal, after, moved)

        write(writer, message("T1", [fix(8), fix(9), fix(10), fix(11)]))

        assert self.newest(registry) == [(before, 9), (after, 11)]

    def test_fixes_from_before_a_terminal_was_taken_out_move_its_vehicle(
        self, writer: Writer, registry: Registry
    ) -> None:
        terminal, vehicle = registry.terminal("T1"), registry.vehicle("示A·10001")
        registry.bind(terminal, vehicle, TEN_TO, TEN_TO + timedelta(seconds=10))

        write(writer, message("T1", [fix(8), fix(9), fix(10), fix(11)]))

        assert self.newest(registry) == [(vehicle, 9)]

    def test_fixes_of_a_terminal_in_no_vehicle_are_kept(self, writer: Writer, registry: Registry) -> None:
        registry.terminal("T1")

        assert write(writer, message("T1", fix())).new == 1
        assert self.newest(registry) == []


def test_events_are_stored_once_however_often_they_are_delivered(writer: Writer, registry: Registry) -> None:
    terminal_id = registry.terminal("T1")
    event = message("T1", Event(NOON_MS, "power_cut", {"volt": 9.5, "说明": "拔掉"}), kind="event")

    write(writer, event, event)
    write(writer, event)

    assert registry.rows("SELECT terminal_id, time, received_at, kind, detail FROM terminal_event") == [
        (terminal_id, NOON, NOON, "power_cut", {"volt": 9.5, "说明": "拔掉"})
    ]


def test_status_says_who_is_online_and_a_fix_proves_it(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")
    online = []
    for sent in (
        message("T1", Status(online=True, firmware="1.0"), kind="status"),
        message("T1", Status(online=False), kind="status"),
        message("T1", fix()),
    ):
        assert write(writer, sent).rejections == []
        online.append(registry.value("SELECT online FROM terminal_progress"))

    assert online == [True, False, True]


def test_lag_and_skew_of_a_terminal_are_kept(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")

    write(
        writer,
        message("T1", fix(time=NOON_MS - 4000, sent=NOON_MS - 500, seq=1)),
        message("T1", fix(time=NOON_MS - 2000, sent=NOON_MS + 250, seq=2)),
    )

    assert registry.rows("SELECT receive_lag_s, clock_skew_s, last_received_at FROM terminal_progress") == [
        (2.0, 0.25, NOON)
    ]


# Each bad message stands between two good ones.
ELSEWHERE = Message("mp/v1/00/T1/fix", msgspec.json.encode(fix(50)), NOON)  # T1's shard is another
BAD = {
    "broken JSON": (message("T1", b'{"time":'), "malformed", "truncated"),
    "empty": (message("T1", b""), "malformed", "truncated"),
    "NaN": (message("T1", b'{"lat":NaN}'), "malformed", "invalid character"),
    "MessagePack NaN": (
        message("T1", msgspec.msgpack.encode(fields(lat=float("nan")))), "out_of_range", "which is nan",
    ),
    "latitude 91": (message("T1", fields(lat=91)), "out_of_range", "at `$.lat`, which is 91"),
    "too many bits": (message("T1", fields(seq=2**70)), "out_of_range", "at `$.seq`"),
    "wrong type": (message("T1", fields(lon="east")), "malformed", "which is east"),
    "NUL in a name": (message("T1", fields() | {"a\0": 1}), "malformed", "unknown field `a\ufffd`"),
    "NUL in an event": (message("T1", {"time": NOON_MS, "kind": "a\0b"}, "event"), "malformed", "NUL"),
    "NUL in a detail": (
        message("T1", {"time": NOON_MS, "kind": "a", "detail": {"b": "\0"}}, "event"), "malformed", "NUL",
    ),
    "an endless number": (
        message("T1", {"time": NOON_MS, "kind": "a", "detail": {"b": 2**63}}, "event"),
        "out_of_range", "does not fit 64 bits",
    ),
    "surrogate": (message("T1", b'{"time":1,"kind":"\\ud800"}', "event"), "malformed", "truncated"),
    "deep nesting": (message("T1", b"[" * 30_000 + b"]" * 30_000), "malformed", "got `array`"),
    "in the future": (
        message("T1", fix(time=NOON_MS + 301_000)), "future", "Time 2026-03-11T04:05:01Z is ahead",
    ),
    "far in the future": (message("T1", fix(time=2**53 - 1)), "future", "9007199254740991 ms"),
    "of 2019": (message("T1", fix(time=1_577_836_799_999)), "too_old", "2019-12-31T23:59:59Z is before"),
    "of 1970": (message("T1", {"time": 0, "kind": "a"}, "event"), "too_old", "1970-01-01"),
    "sent in year 10000": (message("T1", fix(sent=253_402_300_800_000)), "out_of_range", "year 9999"),
    "oversized": (message("T1", b"[" + b" " * 65_536 + b"]"), "oversized", "65538 bytes"),
    "unknown terminal": (message("NOBODY", fix()), "unknown_terminal", "'NOBODY' is not registered"),
    "inactive terminal": (message("SOLD", fix()), "unknown_terminal", "'SOLD' is not registered or not"),
    "forged topic": (ELSEWHERE, "forged_topic", "is not that of terminal 'T1'"),
    "foreign topic": (Message("mp/v1/zz/T1/fix", b"{}", NOON), "forged_topic", "none of the contract's"),
    "endless topic": (Message("mp/v1/" + "x" * 60_000 + "\0/fix", b"{}", NOON), "forged_topic", "Topic"),
    "status": (message("T1", b'{"online":"yes"}', "status"), "malformed", "which is yes"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_goes_to_the_dead_letters_and_its_neighbours_land(
    name: str, writer: Writer, registry: Registry
) -> None:
    """Invariant 4: payload and reason are kept."""
    registry.terminal("T1")
    registry.terminal("SOLD", active=False)
    bad, reason, detail = BAD[name]

    stored = write(writer, message("T1", fix(100)), bad, message("T1", fix(101)))

    assert stored.new == 2
    ((reason_kept, detail_kept, payload, replayed_at),) = registry.rows(
        "SELECT reason, detail, payload, replayed_at FROM dead_letter"
    )
    assert (reason_kept, payload, replayed_at) == (reason, bad.payload, None)
    assert detail in detail_kept


def test_a_bad_fix_in_an_array_goes_aside_alone_with_its_index(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")
    array = [fields(), fields(seq=1, lat=91), fields(seq=2, time=NOON_MS + 10**6), fields(seq=3)]

    stored = write(writer, message("T1", array))

    assert (stored.new, stored.known) == (1, 1)
    assert registry.rows(
        "SELECT reason, split_part(detail, ':', 1), payload FROM dead_letter ORDER BY id"
    ) == [
        ("out_of_range", "Element 1 of 4", msgspec.json.encode(array[1])),
        ("future", "Element 2 of 4", msgspec.json.encode(array[2])),
    ]


def test_what_was_put_aside_counts_as_dealt_with(writer: Writer, registry: Registry) -> None:
    """DESIGN §3: the ack covers everything handled, stored or put aside with its reason."""
    registry.terminal("T1")
    array = [fields(seq=0), fields(seq=1, lat=91), fields(seq=2, time=NOON_MS + 10**6)]

    assert write(writer, message("T1", array)).acks == [("T1", Ack(1, 2, []))]
    assert write(writer, message("NOBODY", array)).acks == [("NOBODY", Ack(1, 2, []))]


def test_a_forged_topic_is_never_acknowledged(writer: Writer, registry: Registry) -> None:
    """Else the true owner of the name would forget messages it never had stored."""
    registry.terminal("T1")

    assert write(writer, ELSEWHERE).acks == []


def test_the_same_bad_message_again_is_the_same_dead_letter(writer: Writer, registry: Registry) -> None:
    registry.terminal("T1")
    bad = message("T1", b"{")

    write(writer, bad, bad)
    write(writer, bad)

    assert registry.value("SELECT count(*) FROM dead_letter") == 1


def test_a_terminal_registered_a_moment_ago_is_heard(writer: Writer, registry: Registry) -> None:
    before = write(writer, message("T1", fix(0)))
    registry.terminal("T1")
    after = write(writer, message("T1", fix(1)))

    assert (before.new, after.new) == (0, 1)


def test_a_message_the_database_refuses_is_found_and_its_neighbours_land(
    writer: Writer, registry: Registry
) -> None:
    """Whatever validation did not foresee: the batch is halved until the culprit stands alone."""
    registry.terminal("T1")
    registry.connection.execute("ALTER TABLE position ADD CONSTRAINT no_seven CHECK (seq <> 7)")
    messages = [message("T1", fix(seq)) for seq in range(20)]

    outcomes = list(writer.write(messages))

    assert sum(outcome.new for outcome in outcomes) == 19
    assert [acked for outcome in outcomes for acked in outcome.messages] == messages
    assert outcomes[-1].acks == [("T1", Ack(1, 19, []))]
    ((reason, detail, payload),) = registry.rows("SELECT reason, detail, payload FROM dead_letter")
    assert (reason, payload) == ("malformed", messages[7].payload)
    assert "The database refused it" in detail
    assert "no_seven" in detail


def test_a_terminal_deleted_under_our_feet_is_unknown_from_then_on(
    writer: Writer, registry: Registry
) -> None:
    registry.terminal("T1")
    gone = registry.terminal("T2")
    write(writer, message("T1", fix(0)), message("T2", Status(online=True), "event"))
    registry.connection.execute("DELETE FROM terminal_progress")
    registry.connection.execute("DELETE FROM terminal WHERE id = %s", [gone])

    outcomes = list(writer.write([message("T1", fix(1)), message("T2", fix(1)), message("T1", fix(2))]))

    assert sum(outcome.new for outcome in outcomes) == 2
    assert registry.value("SELECT reason FROM dead_letter ORDER BY id DESC") == "unknown_terminal"
