"""What ingest needs to store in bulk: a terminal's binding found quickly, digests of what a row holds.

The digest of a fix is computed anew for every stored row (docs/decisions/0007), so that a fix which is sent
again is still known by it.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from alembic import op

from schemas.migrations.script import run_sql, run_sql_beside
from schemas.telemetry import digest_of

revision = "0008"
down_revision = "0007"

BLOCK = 10_000
STORED = """
SELECT terminal_id, time, digest, lon, lat, speed_kmh, heading_deg, fixed, altitude_m, odometer_km, ignition,
       energy_pct, satellites, hdop, alarm, status
FROM position
"""
RENEWED = (
    "CREATE TEMPORARY TABLE renewed (terminal_id integer, time timestamptz, before bigint, after bigint)"
)
COPY_RENEWED = "COPY renewed FROM STDIN"
# Rows that differ in nothing a row holds are one fix from now on: the one that came first stays.
DROP_TWINS = """
DELETE FROM position USING (
    SELECT terminal_id, time, before,
           row_number() OVER (PARTITION BY terminal_id, time, after ORDER BY received_at, before) AS place
    FROM renewed JOIN position AS stored USING (terminal_id, time) WHERE stored.digest = before
) AS twin
WHERE twin.place > 1 AND position.terminal_id = twin.terminal_id AND position.time = twin.time
  AND position.digest = twin.before;
UPDATE position SET digest = after FROM renewed
WHERE position.terminal_id = renewed.terminal_id AND position.time = renewed.time
  AND position.digest = before;
DROP TABLE renewed
"""


def upgrade() -> None:
    run_sql_beside(__file__)
    run_sql(RENEWED)
    connection: Any = op.get_bind().connection.driver_connection
    with closing(connection.cursor(name="stored")) as stored, closing(connection.cursor()) as writer:
        stored.execute(STORED)
        while rows := stored.fetchmany(BLOCK):
            with writer.copy(COPY_RENEWED) as copy:
                for terminal_id, time, before, *content in rows:
                    copy.write_row((terminal_id, time, before, digest_of(*content)))
    run_sql(DROP_TWINS)
