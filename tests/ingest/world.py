"""Registered terminals, and fixes they could send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from ingest.message import Message
from schemas.telemetry import Fix, epoch_ms, topic

NOON = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
"""Wednesday noon in Shanghai: what the clock of these tests says."""
NOON_MS = epoch_ms(NOON)


def fix(number: int = 0, **changes: Any) -> Fix:
    """A good fix, `number` seconds after ten to twelve, with that sequence number."""
    time = NOON_MS - 600_000 + number * 1000
    good = Fix(
        time=time, sent=time + 200, boot=1, seq=number, oldest=0, lon=117.01 + number / 10_000, lat=36.65,
        speed=42.5, heading=90, fixed=True, odometer=1204.5, ignition=True, energy=71, satellites=14,
        hdop=0.8,
    )  # fmt: skip
    return msgspec.structs.replace(good, **changes)


def fields(**changes: Any) -> dict[str, Any]:
    """The same as a mapping, so that a test can spoil it beyond what `Fix` holds."""
    content: dict[str, Any] = msgspec.to_builtins(fix())
    return content | changes


def message(terminal: str, content: object, kind: Any = "fix", **changes: Any) -> Message:
    """A message as the broker delivers it; bytes are sent as they are, all else as JSON."""
    payload = content if isinstance(content, bytes) else msgspec.json.encode(content)
    plain = Message(topic(terminal, kind), payload, NOON)
    return msgspec.structs.replace(plain, **changes)


@dataclass
class Registry:
    """Writes what the office would have registered, and asks what ingest stored."""

    connection: psycopg.Connection[tuple[Any, ...]]

    def depot(self) -> None:
        self.connection.execute(
            """
            INSERT INTO organisation (code, path, name, name_en, kinds)
            VALUES ('pool', 'pool', '清岚市机关事务服务中心', 'Qinglan Motor Pool', '{supplier}');
            INSERT INTO depot (organisation_id, code, name, name_en, lon, lat)
            SELECT id, 'd1', '一号车场', 'Depot 1', 117, 36.6 FROM organisation;
            INSERT INTO bay (depot_id, code, lon, lat) SELECT id, 'b1', 117, 36.6 FROM depot;
            """
        )

    def terminal(self, code: str, *, active: bool = True) -> int:
        return self.value("INSERT INTO terminal (code, active) VALUES (%s, %s) RETURNING id", code, active)

    def vehicle(self, plate: str) -> int:
        return self.value(
            """
            INSERT INTO vehicle (organisation_id, plate, class, body, energy, seats, range_km, home_bay_id)
            SELECT o.id, %s, 'general', 'sedan', 'petrol', 4, 500, b.id FROM organisation o, bay b
            RETURNING id
            """,
            plate,
        )

    def bind(self, terminal_id: int, vehicle_id: int, start: datetime, end: datetime | None = None) -> None:
        self.connection.execute(
            """INSERT INTO terminal_binding (terminal_id, vehicle_id, during)
               VALUES (%s, %s, tstzrange(%s, %s))""",
            [terminal_id, vehicle_id, start, end],
        )

    def value(self, query: Any, *parameters: object) -> Any:
        """The first column of the first row."""
        row = self.connection.execute(query, parameters).fetchone()
        return row[0] if row else None

    def rows(self, query: Any, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters).fetchall()
