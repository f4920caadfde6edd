"""What a running stack is doing: its services and the counts of what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from fleet.local.errors import LocalServiceError
from fleet.local.ingest_reading import GatewayReading, IngestReading, read_gateway, read_ingest
from fleet.local.paths import LocalPaths
from fleet.local.secrets import SecretFile
from fleet.local.state import StackFile, StackReading
from schemas.api.status import Counts
from schemas.clock import read_clock

ONLINE_GRACE_S = 180

# One definition for each number (DESIGN 4.8):
#   fixes            rows of the hypertable and fixes in packs; one that was sent again after its hour was
#                    packed counts twice until it is merged
#   vehicles_online  vehicles whose terminal has not signed off and whose newest fix is no older than the
#                    interval expected of the terminal (moving with the ignition on, else parked) plus 180 s
#   trips            current versions, open or closed
#   violations       current versions that still hold
#   requests, runs   all, whatever their status
#   dead_letters     messages put aside and not replayed since
COUNTS = """
SELECT (SELECT count(*) FROM position) + (SELECT coalesce(sum(fixes), 0) FROM position_pack) AS fixes,
       (SELECT count(*)
          FROM vehicle_state s
          JOIN terminal t ON t.id = s.terminal_id
          JOIN terminal_progress p ON p.terminal_id = t.id
         WHERE p.online
           AND s.time >= %(now)s - make_interval(secs => %(grace_s)s
                 + CASE WHEN coalesce(s.ignition, s.speed_kmh > 0) THEN t.interval_moving_s
                        ELSE t.interval_parked_s END)) AS vehicles_online,
       (SELECT count(*) FROM trip WHERE superseded_at IS NULL) AS trips,
       (SELECT count(*) FROM violation WHERE superseded_at IS NULL AND NOT withdrawn) AS violations,
       (SELECT count(*) FROM request) AS requests,
       (SELECT count(*) FROM run) AS runs,
       (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL) AS dead_letters
"""


@dataclass(frozen=True)
class StackStatus:
    """`counts` is None while the stack starts and while the database does not answer.

    `ingest` and `gateway` are None where they do not answer.
    """

    reading: StackReading
    counts: Counts | None
    ingest: IngestReading | None = None
    gateway: GatewayReading | None = None

    @property
    def alarms(self) -> list[str]:
        """What somebody should look at, in full sentences."""
        return [alarm for part in (self.ingest, self.gateway) if part is not None for alarm in part.alarms]

    @property
    def is_healthy(self) -> bool:
        return self.counts is not None and all(s.condition == "ready" for s in self.reading.services)


def stack_status(paths: LocalPaths) -> StackStatus:
    """Raises LocalServiceError if no stack runs on this data folder."""
    file = StackFile(paths.data)
    reading = file.read()
    if reading is None or not file.is_running():
        raise LocalServiceError(
            f"Motorpool does not run on the data folder {paths.data}.",
            "Start it with `motorpool up` or `motorpool demo`, or name another folder with --data-dir.",
        )
    return StackStatus(reading, _counts(paths, reading), read_ingest(paths.data), read_gateway(paths.data))


def _counts(paths: LocalPaths, reading: StackReading) -> Counts | None:
    if not reading.clock:
        return None
    url = SecretFile(paths.data / "secrets.json").get("database_url")
    parameters: dict[str, Any] = {"now": read_clock(reading.clock).now(), "grace_s": ONLINE_GRACE_S}
    try:
        with psycopg.connect(url, connect_timeout=3, row_factory=dict_row) as connection:
            row = connection.execute(COUNTS, parameters).fetchone()
    except psycopg.Error:
        return None
    return Counts.model_validate(row)
