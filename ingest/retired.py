"""Empties a session of an earlier number of ranges, then ends it, so that nothing is stranded in it."""

from __future__ import annotations

import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.message import Message
from ingest.mqtt_receiver import MqttReceiver
from ingest.settings import IngestSettings
from ingest.shards import BrokerSession
from schemas.clock import Clock
from schemas.telemetry import topic

log = structlog.get_logger()


class RetiredReceiver(MqttReceiver):
    """Takes the session's subscriptions away, then sends a marker through it.

    The session's queue is first in, first out: whoever has the marker has everything before it, and nothing
    can come after it. On a broker of another order the terminals send again what they were not told of.
    """

    def __init__(self, settings: IngestSettings, clock: Clock, session: BrokerSession) -> None:
        self._marker = topic(session.client_id, "ack")
        self._retired = list(session.subscriptions)
        self._asked_in = -1  # the epoch in which the marker was sent
        self._has_marker = False
        super().__init__(
            settings, clock, BrokerSession(session.client_id, (self._marker,), session.first_epoch)
        )

    def advance(self) -> None:
        """Called now and then; asks the broker anew in every connection."""
        if self.receiving and self._asked_in != self._epoch and not self._has_marker:
            self._asked_in = self._epoch
            self._client.unsubscribe(self._retired)
            self._client.publish(self._marker, b"", qos=1)

    def take(self, limit: int, window_s: float) -> list[Message]:
        taken = super().take(limit, window_s)
        markers = [message for message in taken if message.topic == self._marker]
        if not markers:
            return taken
        self._has_marker = True
        super().acknowledge(markers)
        return [message for message in taken if message.topic != self._marker]

    @property
    def done(self) -> bool:
        """Everything that was queued in the session has been taken."""
        return self._has_marker

    def end(self) -> None:
        """Close the connection and have the broker forget the session."""
        properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        self._client.disconnect(properties=properties)
        self.close()
        log.info("an earlier session is empty and ended", client_id=self._session.client_id)
