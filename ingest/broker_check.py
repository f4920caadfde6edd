"""Whether a broker would lose, refuse or give away messages: findings with a remedy, worst first."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest import broker_probe
from ingest.broker_probe import Handshake, Queueing
from ingest.errors import BrokerProbeError
from ingest.mosquitto_conf import read_configuration, weaknesses
from ingest.settings import BrokerAddress, IngestSettings

Verdict = Literal["good", "warning", "problem"]

SMALLEST_PACKET = 16_384
LARGEST_PACKET = 1_048_576


@dataclass(frozen=True)
class Observation:
    """One property of a broker. `remedy` is empty when it is as it should be."""

    subject: str
    verdict: Verdict
    found: str
    remedy: str = ""


def examine_broker(settings: IngestSettings, *, with_queue: bool = True) -> list[Observation]:
    """Ask the broker of MOTORPOOL_MQTT_URL, and read the file of MOTORPOOL_MQTT_CONFIG where it is set.

    Takes a few seconds; `with_queue` tries the queue with a session and a topic of its own.
    """
    address, ca_file = settings.broker(), settings.mqtt_ca_file
    found = [judge_way(address)]
    try:
        found += judge_handshake(broker_probe.shake_hands(address, ca_file))
        found.append(judge_strangers(broker_probe.lets_strangers_in(address, ca_file)))
        if with_queue:
            found.append(judge_queue(broker_probe.try_queue(address, ca_file)))
    except BrokerProbeError as error:
        found.append(Observation("broker", "problem", str(error), "What it could not tell is not checked."))
    if settings.mqtt_config is not None:
        found += judge_configuration(settings.mqtt_config)
    return found


def judge_way(address: BrokerAddress) -> Observation:
    """Passwords and positions of officials' cars travel on it."""
    where = f"{address.host}:{address.port}"
    if address.tls:
        return Observation("broker connection", "good", f"{where}, over TLS")
    if _is_loopback(address.host):
        return Observation("broker connection", "good", f"{where}, on this machine")
    remedy = "Give the broker a TLS listener and write mqtts:// in MOTORPOOL_MQTT_URL."
    return Observation("broker connection", "warning", f"{where}, in clear over the network", remedy)


def judge_handshake(said: Handshake) -> Iterator[Observation]:
    """What MQTT 5 lets a broker say when we connect; silence means: everything, without a bound."""
    yield _judge(
        "broker quality of service",
        said.maximum_qos is None or said.maximum_qos >= 1,
        "delivers at least once" if said.maximum_qos != 0 else "delivers at most once",
        "Allow QoS 1: without it the broker may lose anything.",
        "problem",
    )
    yield _judge(
        "broker wildcards",
        said.wildcards_available is not False,
        "available" if said.wildcards_available is not False else "refused",
        "Allow wildcard subscriptions: ingest listens to mp/v1/+/+/fix.",
        "problem",
    )
    yield _judge(
        "broker session",
        said.session_expiry_s is None or said.session_expiry_s >= broker_probe.SESSION_S,
        "kept as long as asked"
        if said.session_expiry_s is None
        else f"kept {said.session_expiry_s} s at most",
        "Raise the session expiry to 7 days: what comes while ingest is away must wait for it.",
    )
    yield _judge(
        "broker retained messages",
        said.retain_available is False,
        "refused" if said.retain_available is False else "accepted",
        "Refuse them (Mosquitto: retain_available false): one client could fill the broker's memory.",
    )
    yield judge_packet_size(said.maximum_packet_bytes)


def judge_packet_size(most: int | None) -> Observation:
    subject = "broker packet size"
    if most is None or most > LARGEST_PACKET:
        remedy = "Bound it (Mosquitto: max_packet_size 65536): one client could ask for any amount of memory."
        return Observation(subject, "warning", "unbounded" if most is None else f"up to {most} bytes", remedy)
    if most < SMALLEST_PACKET:
        remedy = f"Allow {SMALLEST_PACKET} bytes: a terminal back from a dead zone sends an array of fixes."
        return Observation(subject, "warning", f"at most {most} bytes", remedy)
    return Observation(subject, "good", f"at most {most} bytes")


def judge_strangers(let_in: bool) -> Observation:
    return _judge(
        "broker strangers",
        not let_in,
        "let in without a name" if let_in else "kept out",
        "Set allow_anonymous false: anybody could send positions, or take them away.",
        "problem",
    )


def judge_queue(queue: Queueing) -> Observation:
    """With the limits brokers come with, a worker that is away a second costs thousands of messages."""
    return _judge(
        "broker queue",
        queue.kept >= queue.sent,
        f"kept {min(queue.kept, queue.sent)} of {queue.sent} messages for a client that was away",
        "It drops what it has acknowledged. Raise its limit on messages (Mosquitto: max_queued_messages) and "
        "bound the bytes instead.",
        "problem",
    )


def judge_configuration(path: Path) -> Iterator[Observation]:
    """The directives of a mosquitto.conf that MQTT does not show."""
    try:
        directives = read_configuration(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        yield Observation("broker file", "problem", f"{path}: {error}", "Correct MOTORPOOL_MQTT_CONFIG.")
        return
    found = [Observation("broker file", "warning", one.found, one.remedy) for one in weaknesses(directives)]
    yield from found or [Observation("broker file", "good", str(path))]


def worst_first(observations: Iterable[Observation]) -> list[Observation]:
    order = ("problem", "warning", "good")
    return sorted(observations, key=lambda observation: order.index(observation.verdict))


def _judge(subject: str, right: bool, found: str, remedy: str, otherwise: Verdict = "warning") -> Observation:
    return Observation(subject, "good" if right else otherwise, found, "" if right else remedy)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
