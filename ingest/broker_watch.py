"""Watches the broker's queue: what lies in it, how near it is to its bound, whether anything was dropped.

Mosquitto tells it on $SYS, each figure when it has changed; one that retains nothing does not repeat it to a
newcomer. A broker that tells nothing, or not to us, is not watched, which is said once.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker_check import examine_broker, worst_first
from ingest.settings import IngestSettings

log = structlog.get_logger()

FIELDS = {
    "$SYS/broker/uptime": "uptime_s",  # always changes: whoever hears it would hear the others
    "$SYS/broker/store/messages/count": "messages",
    "$SYS/broker/store/messages/bytes": "bytes",
    "$SYS/broker/publish/messages/dropped": "dropped",
}
ALARM_AT = 0.5
OVER_AT = 0.4
"""The alarm is over below this, so that it does not flutter."""
REPEAT_S = 60.0
SILENT_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class BrokerReading:
    """What the broker said last; None: no change since we listen. `dropped` counts since its start."""

    uptime_s: int | None = None
    messages: int | None = None
    bytes: int | None = None
    dropped: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to tell people about. `over`: the one before is over."""

    what: str
    over: bool = False
    dropped: int = 0


class QueueJudge:
    """From readings to alarms: at half of the budget, again every minute, and on every drop."""

    def __init__(self, budget_bytes: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget_bytes
        self._monotonic = monotonic
        self._dropped: int | None = None
        self._told_at: float | None = None

    @property
    def alarmed(self) -> bool:
        return self._told_at is not None

    def judge(self, reading: BrokerReading) -> Iterator[Alarm]:
        yield from self._drops(reading.dropped)
        yield from self._filling(reading)

    def _drops(self, dropped: int | None) -> Iterator[Alarm]:
        if dropped is None:
            return
        before, self._dropped = self._dropped, dropped
        if dropped and dropped != before:
            # fewer: the broker was started again; the first we hear of counts from its start
            new = dropped - before if before is not None and dropped > before else dropped
            yield Alarm(f"the broker dropped {new} messages; terminals send them again", dropped=new)

    def _filling(self, reading: BrokerReading) -> Iterator[Alarm]:
        if reading.bytes is None:
            return
        share, now = reading.bytes / self._budget, self._monotonic()
        if share >= ALARM_AT and (self._told_at is None or now >= self._told_at + REPEAT_S):
            self._told_at = now
            yield Alarm(
                f"the broker's queue is at {share:.0%} of its budget ({reading.messages} messages); "
                "beyond it the broker drops what it acknowledged"
            )
        elif share < OVER_AT and self._told_at is not None:
            self._told_at = None
            yield Alarm(f"the broker's queue is back at {share:.0%} of its budget", over=True)


class BrokerWatch:
    """A client of its own, so that watching never delays a message. Examines the broker once at the start."""

    def __init__(
        self, settings: IngestSettings, on_dropped: Callable[[int], None] = lambda _count: None
    ) -> None:
        self._settings = settings
        self._address = settings.broker()
        self._on_dropped = on_dropped
        self._judge = QueueJudge(settings.ingest_broker_budget_bytes)
        self._stop = threading.Event()
        self._client = self._new_client()
        self.reading = BrokerReading()

    def start(self) -> None:
        self._client.connect_async(self._address.host, self._address.port)
        self._client.loop_start()
        threading.Thread(target=self._look_once, name="examine", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def alarmed(self) -> bool:
        """Whether the queue is near its bound."""
        return self._judge.alarmed

    @property
    def watches(self) -> bool:
        """Whether the broker has told anything."""
        return self.reading != BrokerReading()

    @property
    def budget_bytes(self) -> int:
        return self._settings.ingest_broker_budget_bytes

    def heard(self, topic: str, payload: bytes) -> None:
        """One figure of $SYS."""
        name, figure = FIELDS.get(topic), payload.partition(b" ")[0]
        if name is None or not figure.isdigit():
            return
        self.reading = replace(self.reading, **{name: int(figure)})
        for alarm in self._judge.judge(self.reading):
            if alarm.dropped:
                self._on_dropped(alarm.dropped)
            (log.info if alarm.over else log.error)(alarm.what)

    def _look_once(self) -> None:
        if self._settings.ingest_probe_broker:
            for one in worst_first(examine_broker(self._settings)):
                if one.verdict != "good":
                    log.warning("the broker: " + one.found, subject=one.subject, remedy=one.remedy)
        if not self._stop.wait(SILENT_AFTER_S) and not self.watches:
            log.warning("the broker tells nothing on $SYS; its queue and what it drops are not watched")

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._settings.ingest_client_id}-watch-{secrets.token_hex(4)}",
            protocol=mqtt.MQTTv5,
        )
        if self._address.username is not None:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls:
            client.tls_set(ca_certs=str(self._settings.mqtt_ca_file) if self._settings.mqtt_ca_file else None)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _c, _u, message: self.heard(message.topic, bytes(message.payload))
        return client

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topic, 0) for topic in FIELDS])

    def _on_subscribe(
        self, _client: Any, _data: Any, _mid: int, reasons: list[Any], _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.warning("the broker does not let us read $SYS; allow `$SYS/#` to our user to have it watched")
