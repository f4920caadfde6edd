"""Ranges of the topic's shard: pure arithmetic.

Topics are mp/v1/{shard}/{terminal}/{kind} with 256 shards. A worker that shall not hear everything subscribes
to the shards of its range one by one, for MQTT has no pattern for a range of hexadecimal digits.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.telemetry import TOPIC_PREFIX, shard

SHARDS = 256
KINDS = ("fix", "event", "status")
"""What terminals send; `ack` and `command` go the other way."""


@dataclass(frozen=True, slots=True)
class ShardRange:
    """Range `number` (from 0) of `ranges` that together cover every shard once, their sizes one apart."""

    number: int
    ranges: int

    def __post_init__(self) -> None:
        if not 1 <= self.ranges <= SHARDS or not 0 <= self.number < self.ranges:
            raise ValueError(f"range {self.number} of {self.ranges}: 1 to {SHARDS} ranges, counted from 0")

    @property
    def shards(self) -> range:
        return range(self.number * SHARDS // self.ranges, (self.number + 1) * SHARDS // self.ranges)

    def subscriptions(self) -> tuple[str, ...]:
        """Topic filters: three when one range is all there is, else three for each of its shards."""
        parts = ("+",) if self.ranges == 1 else tuple(f"{number:02x}" for number in self.shards)
        return tuple(f"{TOPIC_PREFIX}/{part}/+/{kind}" for part in parts for kind in KINDS)

    def client_id(self, station: str) -> str:
        """Names the session. A single range keeps the plain name; each number of ranges has its own names."""
        return station if self.ranges == 1 else f"{station}-{self.number + 1}of{self.ranges}"

    def has(self, terminal: str) -> bool:
        return int(shard(terminal), 16) in self.shards


def ranges_of(count: int) -> tuple[ShardRange, ...]:
    """All `count` ranges; raises ValueError unless 1 <= count <= 256."""
    return tuple(ShardRange(number, count) for number in range(count)) or (ShardRange(0, count),)


@dataclass(frozen=True, slots=True)
class BrokerSession:
    """A persistent session at the broker: its name, and what it is subscribed to.

    Messages that came through it carry epochs from `first_epoch` on, one for each connection.
    """

    client_id: str
    subscriptions: tuple[str, ...]
    first_epoch: int = 0
