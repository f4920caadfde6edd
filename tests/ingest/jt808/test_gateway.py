"""The gateway between real sockets and a real database."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

import psycopg
import pytest

from ingest.jt808.header import Part, Version
from ingest.jt808.messages.platform import FragmentsAgain, GeneralResponse, ServerTime
from ingest.jt808.messages.registry import write_body
from ingest.jt808.messages.reports import DriverCard, DriverIdentity, LocationBatchReport, LocationReport
from ingest.jt808.messages.terminal import Deregistration, Heartbeat, ServerTimeQuery, UpgradeResult
from ingest.jt808.receiver import GatewayReceiver
from tests.ingest.conftest import eventually
from tests.ingest.jt808.conftest import Settings, location, running
from tests.ingest.jt808.terminal import Terminal
from tests.ingest.world import NOON, Registry

FAILED, WRONG_MESSAGE, NOT_SUPPORTED = 1, 2, 3


@pytest.mark.parametrize("version", [Version.V2013, Version.V2019])
def test_a_terminal_registers_authenticates_and_its_fix_is_stored(
    gateway: GatewayReceiver, registry: Registry, phone: str, version: Version
) -> None:
    with Terminal(gateway.port, phone, version) as terminal:
        terminal.log_in()

        assert terminal.is_answered(terminal.send(LocationReport(location(7))))

    stored = registry.rows(
        """SELECT code, time, lon, lat, speed_kmh, heading_deg, altitude_m, odometer_km, ignition, satellites,
                  fixed, alarm, position.status
           FROM position JOIN terminal ON terminal.id = terminal_id"""
    )
    time = NOON - timedelta(minutes=10) + timedelta(seconds=7)
    assert stored == [
        (phone, time, pytest.approx(117.0107), 36.65, 42.5, 90, 52, 1204.5, True, 14, True, 0, 3)
    ]
    registered = registry.rows("SELECT version, manufacturer, model, device, plate FROM jt808_terminal")
    assert registered == [(version, "MAKER", "MP-1", "D1", "示A·10088")]


def test_no_answer_before_the_commit(
    gateway: GatewayReceiver, registry: Registry, phone: str, database_url: str
) -> None:
    """Invariant 1: while the table is locked the transaction cannot commit, and nothing is said."""
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        with psycopg.connect(database_url) as locker:
            locker.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
            serial = terminal.send(LocationReport(location()))
            eventually(lambda: _waits_for_lock(registry), "the writer waits for the lock")
            assert not terminal.is_answered(serial, seconds=1)
            locker.rollback()

        assert terminal.is_answered(serial)
        assert registry.value("SELECT count(*) FROM position") == 1


def test_nothing_is_answered_while_the_database_is_away(
    gateway: GatewayReceiver, registry: Registry, phone: str, postgres_admin: psycopg.Connection[object]
) -> None:
    """Invariant 1: neither fixes nor registrations; the terminal sends again, and it is stored once."""
    name = registry.value("SELECT current_database()")
    with Terminal(gateway.port, phone) as terminal, Terminal(gateway.port, phone, device="D1") as second:
        terminal.log_in()
        postgres_admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres_admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'motorpool%'"
        )
        serial = terminal.send(LocationReport(location()))
        second.send(UpgradeResult(1, 0))
        assert not terminal.is_answered(serial, seconds=1)
        assert second.receive(GeneralResponse, seconds=0.5) is None
        again = terminal.send(LocationReport(location()))
        postgres_admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        assert terminal.is_answered(serial)
        assert terminal.is_answered(again)
    assert registry.value("SELECT count(*) FROM position") == 1


def test_what_is_sent_again_is_answered_again_and_stored_once(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    """Invariant 1: over another connection, alone or in a batch, under another serial number."""
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        assert terminal.is_answered(terminal.send(LocationReport(location())))
        assert terminal.is_answered(terminal.send(LocationReport(location())))
    with Terminal(gateway.port, phone, serial=500) as terminal:
        terminal.log_in()
        assert terminal.is_answered(terminal.send(LocationBatchReport(2, 1, (location(), location(1)))))

    assert registry.value("SELECT count(*) FROM position") == 2


def test_serial_numbers_wrap_and_repeat_without_harm(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        terminal.serial = 65_535
        assert terminal.is_answered(terminal.send(LocationReport(location(0))))
        assert terminal.is_answered(terminal.send(LocationReport(location(1))))
        terminal.serial = 0
        assert terminal.is_answered(terminal.send(LocationReport(location(2))))

    assert registry.value("SELECT count(*), count(DISTINCT (boot, seq)) FROM position") == 3
    assert registry.value("SELECT count(DISTINCT (boot, seq)) FROM position") == 3


def test_one_bad_location_of_a_batch_costs_only_itself(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    """A latitude above 90 is read and then refused by validation; a clock that was not set says no time."""
    batch = (location(0), location(1, latitude=116.3), location(2, time=None), location(3))

    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        assert terminal.is_answered(terminal.send(LocationBatchReport(4, 1, batch)))

    assert registry.value("SELECT count(*) FROM position") == 2
    letters = registry.rows("SELECT reason, terminal FROM dead_letter ORDER BY reason")
    assert letters == [("out_of_range", phone), ("too_old", phone)]


def test_a_message_in_fragments_is_stored_whole_and_every_fragment_answered_after_it(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    batch = LocationBatchReport(30, 0, tuple(location(number) for number in range(30)))
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        fragments = _fragments(terminal, batch, size=400)
        for fragment in reversed(fragments):
            terminal.send_bytes(fragment)

        answered = {_response(terminal).response_serial for _ in fragments}

    assert answered == set(range(100, 100 + len(fragments)))
    assert registry.value("SELECT count(*) FROM position") == 30


def test_a_fragment_that_did_not_come_is_asked_for_again(
    settings: Settings, registry: Registry, phone: str
) -> None:
    batch = LocationBatchReport(30, 0, tuple(location(number) for number in range(30)))
    with (
        running(settings(gateway_fragment_s=0.2)) as gateway,
        Terminal(gateway.port, phone, Version.V2019) as terminal,
    ):
        terminal.log_in()
        fragments = _fragments(terminal, batch, size=400)
        for fragment in (fragments[0], *fragments[2:]):
            terminal.send_bytes(fragment)

        assert terminal.receive(FragmentsAgain) == FragmentsAgain(100, (2,))
        terminal.send_bytes(fragments[1])
        assert {_response(terminal).result for _ in fragments} == {0}

    assert registry.value("SELECT count(*) FROM position") == 30


def test_a_number_that_the_office_does_not_know_is_refused(
    gateway: GatewayReceiver, registry: Registry
) -> None:
    with Terminal(gateway.port, "19900000001") as stranger:
        answer = stranger.register()
        assert answer is not None and (answer.result, answer.auth_code) == (4, "")

        assert stranger.is_answered(stranger.send(LocationReport(location())), FAILED)

    assert registry.value("SELECT count(*) FROM position") == 0
    letters = registry.rows("SELECT reason, topic, terminal FROM dead_letter")
    assert letters == [("unknown_terminal", "jt808/19900000001/0200", "19900000001")]


def test_strangers_do_not_stay(gateway: GatewayReceiver) -> None:
    with Terminal(gateway.port, "19900000002") as stranger:
        for number in range(10):
            stranger.send(LocationReport(location(number)))

        assert stranger.is_closed_by_the_gateway()


def test_a_wrong_code_is_refused_and_the_connection_closed(gateway: GatewayReceiver, phone: str) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.register()

        assert not terminal.authenticate("guessed")
        assert terminal.is_closed_by_the_gateway()


def test_another_device_does_not_get_a_number_that_is_taken(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
    with Terminal(gateway.port, phone, device="D2") as thief:
        answer = thief.register()
        assert answer is not None and answer.result == 3
    registry.connection.execute("DELETE FROM jt808_terminal")
    with Terminal(gateway.port, phone, device="D2") as successor:
        successor.log_in()


def test_the_code_is_stored_hashed_only(gateway: GatewayReceiver, registry: Registry, phone: str) -> None:
    with Terminal(gateway.port, phone) as terminal:
        answer = terminal.register()

    assert answer is not None
    assert answer.auth_code not in str(registry.rows("SELECT jt808_terminal::text FROM jt808_terminal"))


def test_the_newest_connection_speaks_for_a_terminal(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    with Terminal(gateway.port, phone) as older, Terminal(gateway.port, phone) as newer:
        older.log_in()
        newer.log_in()

        assert older.is_closed_by_the_gateway()
        assert newer.is_answered(newer.send(LocationReport(location())))
        assert registry.value("SELECT online FROM terminal_progress")


def test_a_terminal_is_online_while_it_is_connected(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    online = "SELECT online FROM terminal_progress"
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        eventually(lambda: registry.value(online) is True, "the terminal is shown online")
        assert terminal.is_answered(terminal.send(Heartbeat()))

    eventually(lambda: registry.value(online) is False, "the terminal is shown offline")


def test_a_driver_card_becomes_an_event_once(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    card = DriverCard(1, NOON, 0, "张师傅", "370100198001010011", "清岚市交通运输局", "20300101")
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        assert terminal.is_answered(terminal.send(card))
        assert terminal.is_answered(terminal.send(card))

    events = registry.rows("SELECT time, kind, detail->>'driver_name', detail->>'action' FROM terminal_event")
    assert events == [(NOON, "driver_card", "张师傅", "inserted")]


def test_a_driver_card_of_2011_is_heard_at_its_receipt(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    card = DriverIdentity("李师傅", "370100198001010029", "370100198001010029", "清岚市交通运输局")
    with Terminal(gateway.port, phone, Version.V2011) as terminal:
        terminal.log_in()
        assert terminal.is_answered(terminal.send(card))
        assert terminal.is_answered(terminal.send(card))

    assert registry.rows("SELECT kind, detail->>'driver_name' FROM terminal_event") == [
        ("driver_card", "李师傅")
    ]
    assert registry.value("SELECT version FROM jt808_terminal") == 2011


def test_a_body_that_is_too_short_is_put_aside_and_called_wrong(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        terminal.send_bytes(terminal.frame(LocationReport(location()), 9, data=b"\0" * 20))

        assert terminal.is_answered(9, WRONG_MESSAGE)

    (letter,) = registry.rows("SELECT reason, payload, detail FROM dead_letter")
    assert letter[0] == "malformed"
    assert bytes(letter[1]).startswith(b"\x7e\x02\x00")
    assert "needs 28 bytes" in letter[2]


def test_what_the_gateway_does_not_take_is_called_unsupported(gateway: GatewayReceiver, phone: str) -> None:
    class Unheard(Heartbeat, frozen=True):
        ID = 0x0F0F

    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()

        assert terminal.is_answered(terminal.send(Unheard()), NOT_SUPPORTED)
        assert terminal.is_answered(terminal.send(UpgradeResult(1, 0)), NOT_SUPPORTED)


def test_a_damaged_frame_is_not_answered_and_the_next_one_is(gateway: GatewayReceiver, phone: str) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        damaged = bytearray(terminal.frame(Heartbeat(), 7))
        damaged[5] ^= 1
        terminal.send_bytes(b"noise" + bytes(damaged) + terminal.frame(Heartbeat(), 8))

        answer = _response(terminal)

    assert answer.response_serial == 8


def test_nothing_but_noise_ends_the_connection(gateway: GatewayReceiver, phone: str) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.send_bytes(b"\x7eGET / HTTP/1.1\x7e" * 20)

        assert terminal.is_closed_by_the_gateway()


def test_a_terminal_that_deregisters_must_register_again(
    gateway: GatewayReceiver, registry: Registry, phone: str
) -> None:
    with Terminal(gateway.port, phone) as terminal:
        terminal.log_in()

        assert terminal.is_answered(terminal.send(Deregistration()))
        assert terminal.is_closed_by_the_gateway()
    assert registry.value("SELECT count(*) FROM jt808_terminal") == 0


def test_a_terminal_may_ask_for_the_time(gateway: GatewayReceiver, phone: str) -> None:
    with Terminal(gateway.port, phone, Version.V2019) as terminal:
        terminal.log_in()
        terminal.send(ServerTimeQuery())
        answer = terminal.receive(ServerTime)

    assert answer is not None
    said = datetime.strptime(answer.time.hex(), "%y%m%d%H%M%S").replace(tzinfo=NOON.tzinfo)
    assert timedelta(0) <= said - NOON < timedelta(hours=1)


def test_a_connection_that_does_not_authenticate_in_time_is_closed(settings: Settings, phone: str) -> None:
    """Bytes that dribble in do not prolong it."""
    with running(settings(gateway_login_s=0.3)) as gateway, Terminal(gateway.port, phone) as terminal:
        terminal.send_bytes(b"\x7e\x01")

        assert terminal.is_closed_by_the_gateway()


def test_a_silent_terminal_is_closed(settings: Settings, phone: str) -> None:
    with running(settings(gateway_idle_s=0.3)) as gateway, Terminal(gateway.port, phone) as terminal:
        terminal.log_in()

        assert terminal.is_closed_by_the_gateway()


def test_connections_beyond_the_limit_are_closed_at_once(settings: Settings, phone: str) -> None:
    with running(settings(gateway_max_connections=1)) as gateway, Terminal(gateway.port, phone) as first:
        first.log_in()
        with Terminal(gateway.port, phone) as second:
            assert second.is_closed_by_the_gateway()
        assert first.is_answered(first.send(Heartbeat()))


def test_a_terminal_that_sends_faster_than_we_store_is_not_read(
    settings: Settings, registry: Registry, phone: str, database_url: str
) -> None:
    with running(settings(gateway_window=8)) as gateway, Terminal(gateway.port, phone) as terminal:
        terminal.log_in()
        with psycopg.connect(database_url) as locker:
            locker.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
            serials = [terminal.send(LocationReport(location(number))) for number in range(100)]
            eventually(lambda: _waits_for_lock(registry), "the writer waits for the lock")
            assert not terminal.is_answered(serials[0], seconds=0.5)
            assert gateway.waiting <= 8
            locker.rollback()

        assert {_response(terminal).response_serial for _ in serials} == set(serials)
    assert registry.value("SELECT count(*) FROM position") == 100


def test_a_stop_commits_and_answers_what_is_held(settings: Settings, registry: Registry, phone: str) -> None:
    """A batch is gathered for five seconds here; the stop comes before."""
    with ExitStack() as until_later:
        with running(settings(ingest_batch_ms=5_000)) as gateway:
            terminal = until_later.enter_context(Terminal(gateway.port, phone))
            terminal.log_in()
            serials = [terminal.send(LocationReport(location(number))) for number in range(20)]
            eventually(lambda: gateway.waiting >= 20, "the gateway holds them")

        assert {_response(terminal).response_serial for _ in serials} == set(serials)
    assert registry.value("SELECT count(*) FROM position") == 20


def _response(terminal: Terminal) -> GeneralResponse:
    answer = terminal.receive(GeneralResponse)
    assert answer is not None
    return answer


def _fragments(terminal: Terminal, body: LocationBatchReport, size: int) -> list[bytes]:
    data = write_body(body, terminal.version)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return [
        terminal.frame(body, 100 + index, Part(len(pieces), index + 1), piece)
        for index, piece in enumerate(pieces)
    ]


def _waits_for_lock(registry: Registry) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'position'::regclass"
    return bool(registry.value(waiting))
