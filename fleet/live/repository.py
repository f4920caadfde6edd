"""Live state in SQL. Each figure of the top bar is defined beside the query that computes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.database import Connection
from fleet.live.model import Cursor, Entry, PlacedVehicle
from schemas.api.live import Change, LiveVehicle
from schemas.clock import SHANGHAI

# activity:
#   disabled   status is not in_service
#   waiting    stands at a stop, or between setting the passengers of a round trip down and taking them back
#   heading    a run is under way and its next stop is a pick-up, nobody on board
#   loaded     passengers on board
#   returning  only the return is left
#   moving     faster than 5 km/h without a run under way
#   idle       everything else
# alerts: cases of this vehicle that nobody has closed. $1: path of the organisation, $2: now.
VEHICLES = """
WITH under_way AS (
    SELECT DISTINCT ON (run.vehicle_id) run.vehicle_id, run.id AS run_id, d.name AS driver
    FROM run JOIN driver d ON d.id = run.driver_id
    WHERE run.status = 'under_way' ORDER BY run.vehicle_id, run.started_at DESC
), next_stop AS (
    SELECT DISTINCT ON (stop.run_id) stop.run_id, stop.kind, stop.request_id, stop.place_in_run,
           stop.arrived_at IS NOT NULL AS standing
    FROM run_stop stop JOIN under_way u USING (run_id)
    WHERE stop.departed_at IS NULL ORDER BY stop.run_id, stop.place_in_run
), on_board AS (
    SELECT stop.run_id, sum(CASE stop.kind WHEN 'pickup' THEN r.passengers ELSE -r.passengers END) AS persons
    FROM run_stop stop JOIN under_way u USING (run_id) JOIN request r ON r.id = stop.request_id
    WHERE stop.departed_at IS NOT NULL GROUP BY stop.run_id
), alerts AS (
    SELECT vehicle_id, count(*) AS open FROM violation_case
    WHERE status NOT IN ('auto_cleared', 'cleared', 'closed', 'archived') GROUP BY vehicle_id
)
SELECT v.id, v.plate, v.body, v.energy, v.seats, v.wheelchair, depot.name AS depot, o.path::text AS path,
       s.lon, s.lat, s.speed_kmh, s.heading_deg, s.time, s.received_at, s.energy_pct,
       CASE WHEN s.speed_kmh > 5 OR s.ignition THEN coalesce(t.interval_moving_s, 30)
            ELSE coalesce(t.interval_parked_s, 300) END AS expected_interval_s,
       u.run_id, coalesce(u.driver, on_duty.name) AS driver, coalesce(a.open, 0) AS alerts,
       CASE
           WHEN v.status <> 'in_service' THEN 'disabled'
           WHEN u.run_id IS NOT NULL AND (n.standing OR back.waits) THEN 'waiting'
           WHEN u.run_id IS NOT NULL AND b.persons > 0 THEN 'loaded'
           WHEN u.run_id IS NOT NULL AND n.kind = 'pickup' THEN 'heading'
           WHEN u.run_id IS NOT NULL THEN 'returning'
           WHEN s.speed_kmh > 5 THEN 'moving'
           ELSE 'idle'
       END AS activity
FROM vehicle v
JOIN organisation o ON o.id = v.organisation_id
JOIN bay ON bay.id = v.home_bay_id
JOIN depot ON depot.id = bay.depot_id
LEFT JOIN vehicle_state s ON s.vehicle_id = v.id
LEFT JOIN terminal t ON t.id = s.terminal_id
LEFT JOIN under_way u ON u.vehicle_id = v.id
LEFT JOIN next_stop n ON n.run_id = u.run_id
LEFT JOIN on_board b ON b.run_id = u.run_id
LEFT JOIN alerts a ON a.vehicle_id = v.id
LEFT JOIN LATERAL (
    SELECT n.kind = 'pickup' AS waits FROM run_stop before
    WHERE before.run_id = n.run_id AND before.place_in_run = n.place_in_run - 1
      AND before.kind = 'dropoff' AND before.request_id = n.request_id
) back ON true
LEFT JOIN LATERAL (
    SELECT d.name FROM shift JOIN driver d ON d.id = shift.driver_id
    WHERE shift.vehicle_id = v.id AND shift.during @> $2::timestamptz LIMIT 1
) on_duty ON true
WHERE o.path <@ $1::text::ltree AND v.status <> 'disposed'
ORDER BY v.plate
"""

TOP = "SELECT path::text FROM organisation WHERE parent_id IS NULL"

# pending: requests of the pool that wait for a car.
# to_handle: those of them that no car can serve, and cases nobody has taken up yet.
# on_time_pct: of today's pick-ups already reached (Asia/Shanghai, from $2), how many per cent were reached by
#   the promised time.
# delay_s: 95th percentile, over terminals heard since $3, of the seconds between a fix and its receipt.
COUNTS = """
SELECT
    (SELECT count(*) FROM request r JOIN organisation s ON s.id = r.supplier_id
     WHERE r.status = 'pending_dispatch' AND s.path <@ $1::text::ltree) AS pending,
    (SELECT count(*) FROM request r JOIN organisation s ON s.id = r.supplier_id
     WHERE r.status = 'pending_dispatch' AND s.path <@ $1::text::ltree
       AND EXISTS (SELECT FROM proposal p WHERE p.request_id = r.id AND p.status = 'infeasible'))
    + (SELECT count(*) FROM violation_case c JOIN organisation o ON o.id = c.organisation_id
       WHERE c.status IN ('detected', 'to_verify') AND o.path <@ $1::text::ltree) AS to_handle,
    (SELECT avg((stop.arrived_at <= stop.latest_arrival)::int) * 100
     FROM run_stop stop JOIN run ON run.id = stop.run_id JOIN organisation o ON o.id = run.organisation_id
     WHERE stop.kind = 'pickup' AND stop.arrived_at >= $2 AND run.status <> 'cancelled'
       AND o.path <@ $1::text::ltree) AS on_time_pct,
    (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY progress.receive_lag_s)
     FROM terminal_progress progress
     JOIN terminal_binding b ON b.terminal_id = progress.terminal_id AND upper_inf(b.during)
     JOIN vehicle v ON v.id = b.vehicle_id JOIN organisation o ON o.id = v.organisation_id
     WHERE progress.last_received_at >= $3 AND o.path <@ $1::text::ltree) AS delay_s
"""

HEARD_LATELY = timedelta(minutes=10)

OUTBOX_END = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

# Read by (xid, id) below the oldest transaction still open: a serial cursor alone skips rows committed late.
OUTBOX = """
SELECT n.xid::text AS xid, n.id, n.topic, n.subject_id, n.account_id, o.path::text AS path
FROM notification n LEFT JOIN organisation o ON o.id = n.organisation_id
WHERE (n.xid, n.id) > ($1::text::xid8, $2)
  AND n.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY n.xid, n.id LIMIT $3
"""


async def vehicles(connection: Connection, path: str, now: datetime) -> list[PlacedVehicle]:
    """Every vehicle of the organisations at or below `path`, as of `now`."""
    return [_placed(row) for row in await connection.fetch(VEHICLES, path, now)]


async def all_vehicles(connection: Connection, now: datetime) -> list[PlacedVehicle]:
    tops = await connection.fetch(TOP)
    return [vehicle for top in tops for vehicle in await vehicles(connection, top["path"], now)]


async def counts(connection: Connection, path: str, now: datetime) -> Mapping[str, Any]:
    """`pending`, `to_handle`, `on_time_pct`, `delay_s` of the pool at or below `path`."""
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    row: Mapping[str, Any] = await connection.fetchrow(COUNTS, path, today, now - HEARD_LATELY)
    return row


async def outbox_end(connection: Connection) -> Cursor:
    """From where on to read what is yet to be committed."""
    return Cursor(int(await connection.fetchval(OUTBOX_END)), 0)


async def outbox_after(connection: Connection, cursor: Cursor, limit: int) -> list[Entry]:
    rows = await connection.fetch(OUTBOX, str(cursor.xid), cursor.id, limit)
    return [
        Entry(
            cursor=Cursor(int(row["xid"]), row["id"]),
            change=Change(topic=row["topic"], subject_id=row["subject_id"]),
            account_id=row["account_id"],
            organisation_path=row["path"],
        )
        for row in rows
    ]


def _placed(row: Mapping[str, Any]) -> PlacedVehicle:
    fields = {name: value for name, value in row.items() if name != "path"}
    return PlacedVehicle(LiveVehicle(**fields), row["path"])
