"""A broker that would drop, refuse or give away messages is found out before it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.broker.configuration import BrokerConfiguration, PlainListener
from ingest.broker_check import Observation, examine_broker, judge_handshake, judge_packet_size, worst_first
from ingest.broker_probe import Handshake
from ingest.mosquitto_conf import read_configuration, weaknesses
from ingest.settings import IngestSettings
from tests.conftest import Broker
from tests.ingest.careless import careless_url

__all__ = ["careless_url"]

Settings = Callable[..., IngestSettings]
SHIPPED = Path(__file__).parents[2] / "docs" / "broker" / "mosquitto.conf"


def by_subject(found: list[Observation]) -> dict[str, Observation]:
    return {observation.subject: observation for observation in found}


def test_our_own_broker_passes_every_check(worker_settings: Settings, broker: Broker) -> None:
    settings = worker_settings(mqtt_config=broker.server.folder / "mosquitto.conf")

    found = by_subject(examine_broker(settings))

    assert [one for one in found.values() if one.verdict != "good"] == []
    assert found["broker queue"].found == "kept 2000 of 2000 messages for a client that was away"
    assert found["broker retained messages"].found == "refused"
    assert found["broker file"].verdict == "good"


def test_a_broker_with_default_limits_is_caught_dropping(
    worker_settings: Settings, careless_url: str
) -> None:
    found = by_subject(examine_broker(worker_settings(mqtt_url=careless_url)))

    assert found["broker queue"].verdict == "problem"
    assert "of 2000" in found["broker queue"].found
    assert found["broker strangers"].verdict == "problem"
    assert found["broker retained messages"].verdict == "warning"
    assert found["broker packet size"].verdict == "warning"
    assert all(one.remedy for one in found.values() if one.verdict != "good")


def test_a_broker_that_does_not_answer_is_a_problem_and_no_exception(worker_settings: Settings) -> None:
    found = by_subject(examine_broker(worker_settings(mqtt_url="mqtt://127.0.0.1:1")))

    assert found["broker"].verdict == "problem"
    assert "cannot be reached" in found["broker"].found


def test_what_a_broker_says_of_itself_is_judged() -> None:
    poor = Handshake(maximum_qos=0, wildcards_available=False, session_expiry_s=60, maximum_packet_bytes=512)

    judged = worst_first(judge_handshake(poor))

    assert [one.subject for one in judged if one.verdict == "problem"] == [
        "broker quality of service",
        "broker wildcards",
    ]
    assert {one.subject for one in judged if one.verdict == "warning"} == {
        "broker session",
        "broker retained messages",
        "broker packet size",
    }


@pytest.mark.parametrize(("most", "verdict"), [(65_536, "good"), (None, "warning"), (2**28, "warning")])
def test_packets_want_a_bound(most: int | None, verdict: str) -> None:
    assert judge_packet_size(most).verdict == verdict


def test_connections_in_clear_over_the_network_are_warned_of(worker_settings: Settings) -> None:
    settings = worker_settings(mqtt_url="mqtt://broker.invalid:1883")

    found = by_subject(examine_broker(settings))

    assert found["broker connection"].verdict == "warning"
    assert "mqtts://" in found["broker connection"].remedy


DEFAULTS = "listener 1883\nallow_anonymous true\nacl_file /etc/mosquitto/acl\n"


def test_the_defaults_of_mosquitto_are_named_one_by_one() -> None:
    found = [one.found for one in weaknesses(read_configuration(DEFAULTS))]

    assert [what.split(",")[0] for what in found] == [
        "keeps 1000 messages for a client that is away",
        "queues without a bound on memory",
        "sends few messages at a time (max_inflight_messages)",
        "accepts packets of any size",
        "accepts retained messages",
        "forgets its queues when it stops",
        "lets anybody connect",
        "has an acl_file: any terminal may join a shared subscription and take others' messages away",
        "line 1: listens without TLS for other machines",
    ]


def test_the_shipped_configuration_has_no_weakness() -> None:
    assert list(weaknesses(read_configuration(SHIPPED.read_text()))) == []


def test_a_listener_owns_the_directives_up_to_the_next_one() -> None:
    text = BrokerConfiguration((PlainListener(1883),), Path("p"), Path("s"), Path("q")).text()
    with_open_door = text.replace("\n\n", "\nlistener 1884 0.0.0.0\n\n", 1)

    found = [one.found for one in weaknesses(read_configuration(with_open_door))]

    assert found == ["line 2: listens without TLS for other machines"]


def test_a_file_that_cannot_be_read_is_said(worker_settings: Settings, tmp_path: Path) -> None:
    settings = worker_settings(mqtt_url="mqtt://127.0.0.1:1", mqtt_config=tmp_path / "absent.conf")

    assert by_subject(examine_broker(settings))["broker file"].verdict == "problem"
