"""Read the pool as it is: the statements behind a snapshot."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fleet.database import Connection
from fleet.planning.settings import PlanningSettings
from fleet.planning.snapshot import (
    BlockFact,
    DriverFact,
    RequestFact,
    RunFact,
    Snapshot,
    Span,
    StopFact,
    VehicleFact,
)
from schemas.clock import SHANGHAI

CURRENT_SNAPSHOT = "SELECT pg_current_snapshot()::text"

# Requests to plan: open, ready within the horizon, not over yet. `answered`: what stands has a first rank.
TO_PLAN = """
SELECT r.id, r.supplier_id, EXISTS (
    SELECT 1 FROM proposal p WHERE p.request_id = r.id AND p.rank = 1 AND p.status IN ('open', 'infeasible')
) AS answered
FROM request r
WHERE r.status = 'pending_dispatch' AND r.pickup_from <= $2 AND r.arrive_by >= $1
ORDER BY r.pickup_from, r.id
"""

SUPPLIER_OF_REQUEST = "SELECT supplier_id FROM request WHERE id = $1"

# The cars of the pool: of the supplier or an organisation below it. A fix without satellites says nothing.
VEHICLES = """
SELECT v.id, v.plate, v.body, v.energy, v.seats, v.luggage, v.wheelchair, v.range_km, v.status,
       d.id AS depot_id, b.code AS bay, b.lon AS bay_lon, b.lat AS bay_lat,
       d.lon AS depot_lon, d.lat AS depot_lat,
       s.lon, s.lat, s.time AS fixed_at, s.energy_pct
FROM vehicle v
JOIN organisation o ON o.id = v.organisation_id
JOIN organisation supplier ON supplier.id = $1
JOIN bay b ON b.id = v.home_bay_id
JOIN depot d ON d.id = b.depot_id
LEFT JOIN vehicle_state s ON s.vehicle_id = v.id AND s.fixed
WHERE o.path <@ supplier.path AND v.class = ANY ($2) AND v.status <> 'disposed'
ORDER BY v.id
"""

BLOCKS = """
SELECT vehicle_id, kind, lower(during) AS start, upper(during) AS end
FROM vehicle_reservation
WHERE kind <> 'run' AND NOT released AND during && tstzrange($1, $2)
ORDER BY vehicle_id, during
"""

# On shift, minus leave and rest.
SHIFTS = """
SELECT s.driver_id, d.name, d.licence_class, p.id AS depot_id, p.lon AS depot_lon, p.lat AS depot_lat,
       lower(part) AS start, upper(part) AS end
FROM shift s
JOIN driver d ON d.id = s.driver_id
JOIN depot p ON p.id = d.depot_id
JOIN organisation o ON o.id = d.organisation_id
JOIN organisation supplier ON supplier.id = $1
CROSS JOIN LATERAL (
    SELECT unnest(tstzmultirange(s.during) - coalesce(range_agg(away.during), '{}')) AS part
    FROM driver_reservation away
    WHERE away.driver_id = s.driver_id AND away.kind <> 'run' AND NOT away.released
) free
WHERE o.path <@ supplier.path AND s.during && tstzrange($2, $3)
ORDER BY s.driver_id, start
"""

# Time at the wheel since $1: from one stop's departure (or the start of the run) to the next arrival.
DRIVEN = """
SELECT driver_id, coalesce(sum(extract(epoch FROM arrived_at - previous)), 0)::integer AS driven_s
FROM (
    SELECT run.driver_id, stop.arrived_at,
           lag(stop.departed_at, 1, run.started_at)
               OVER (PARTITION BY run.id ORDER BY stop.place_in_run) AS previous
    FROM run JOIN run_stop stop ON stop.run_id = run.id
    WHERE run.started_at >= $1
) leg
WHERE arrived_at IS NOT NULL AND previous IS NOT NULL
GROUP BY driver_id
"""

# When the last trip to plan ends: what is booked until then matters.
LAST_ARRIVAL = """
SELECT max(arrive_by) FROM request
WHERE (supplier_id = $1 AND status = 'pending_dispatch' AND pickup_from <= $2) OR id = $3
"""

# Runs that are not over, of this pool's cars, until well after the last trip to plan.
RUNS = """
SELECT r.id, r.number, r.plan_version, r.vehicle_id, r.driver_id, r.status, r.planned_start, r.planned_end,
       upper(b.during) AS reserved_until, r.started_at, r.locked
FROM run r JOIN vehicle_reservation b ON b.run_id = r.id AND NOT b.released
WHERE r.status IN ('dispatched', 'accepted', 'under_way') AND r.vehicle_id = ANY ($1) AND r.planned_start < $2
ORDER BY r.id
"""

STOPS = """
SELECT run_id, id, kind, request_id, planned_arrival, planned_departure, arrived_at, departed_at
FROM run_stop WHERE run_id = ANY ($1) ORDER BY run_id, place_in_run
"""

# Open requests of the pool that are ready by $2 and not over at $5, and all that ride on the runs $3.
REQUESTS = """
SELECT r.id, r.number, r.version, r.status, r.organisation_id, r.origin, r.origin_lon, r.origin_lat,
       r.destination, r.destination_lon, r.destination_lat, r.form = 'round_trip' AS round_trip, r.waiting_s,
       r.passengers, r.luggage, r.wheelchair, r.body_requested, r.pickup_from, r.pickup_until, r.arrive_by,
       r.share_consent, r.detour_cap_s, r.priority
FROM request r
WHERE (r.supplier_id = $1 AND r.status = 'pending_dispatch'
       AND ((r.pickup_from <= $2 AND r.arrive_by >= $5) OR r.id = $4))
   OR r.id IN (SELECT request_id FROM run_stop WHERE run_id = ANY ($3))
ORDER BY r.id
"""

# A driver off shift may still have a run to finish.
DRIVERS_BY_ID = """
SELECT d.id AS driver_id, d.name, d.licence_class, p.id AS depot_id, p.lon AS depot_lon, p.lat AS depot_lat
FROM driver d JOIN depot p ON p.id = d.depot_id WHERE d.id = ANY ($1) ORDER BY d.id
"""


@dataclass(frozen=True, slots=True)
class ToPlan:
    """An open request, the pool it asks, and whether anything has been proposed for it."""

    id: int
    supplier_id: int
    answered: bool


async def requests_to_plan(connection: Connection, now: datetime, settings: PlanningSettings) -> list[ToPlan]:
    """Soonest pick-up first."""
    return [ToPlan(**row) for row in await connection.fetch(TO_PLAN, now, now + settings.horizon)]


async def supplier_of_request(connection: Connection, request_id: int) -> int | None:
    supplier: int | None = await connection.fetchval(SUPPLIER_OF_REQUEST, request_id)
    return supplier


async def read_snapshot(
    connection: Connection,
    now: datetime,
    supplier_id: int,
    settings: PlanningSettings,
    request_id: int | None = None,
) -> Snapshot:
    """The pool of `supplier_id`; `request_id` is taken in even beyond the horizon.

    Call it in a REPEATABLE READ transaction, or changes between its statements contradict each other.
    """
    horizon = now + settings.horizon
    seen = await connection.fetchval(CURRENT_SNAPSHOT)
    last = await connection.fetchval(LAST_ARRIVAL, supplier_id, horizon, request_id)
    until = max(horizon, last or horizon) + timedelta(days=1)
    vehicles = await connection.fetch(VEHICLES, supplier_id, settings.vehicle_classes)
    runs = await _runs(connection, [v["id"] for v in vehicles], until)
    requests = await connection.fetch(REQUESTS, supplier_id, horizon, [r.id for r in runs], request_id, now)
    blocks = await connection.fetch(BLOCKS, now, until)
    cars = {v["id"] for v in vehicles}
    return Snapshot(
        taken_at=now,
        seen=seen,
        supplier_id=supplier_id,
        vehicles=tuple(VehicleFact(**row) for row in vehicles),
        blocks=tuple(
            BlockFact(row["vehicle_id"], row["kind"], Span(row["start"], row["end"]))
            for row in blocks
            if row["vehicle_id"] in cars
        ),
        drivers=await _drivers(connection, supplier_id, now, until, {r.driver_id for r in runs}),
        requests=tuple(RequestFact(**row) for row in requests),
        runs=runs,
    )


async def _runs(connection: Connection, vehicle_ids: list[int], horizon: datetime) -> tuple[RunFact, ...]:
    rows = await connection.fetch(RUNS, vehicle_ids, horizon)
    stops: defaultdict[int, list[StopFact]] = defaultdict(list)
    for stop in await connection.fetch(STOPS, [row["id"] for row in rows]):
        fields = dict(stop)
        stops[fields.pop("run_id")].append(StopFact(**fields))
    return tuple(RunFact(**row, stops=tuple(stops[row["id"]])) for row in rows)


async def _drivers(
    connection: Connection, supplier_id: int, now: datetime, until: datetime, on_runs: set[int]
) -> tuple[DriverFact, ...]:
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    shifts = await connection.fetch(SHIFTS, supplier_id, now, until)
    driven = {row["driver_id"]: row["driven_s"] for row in await connection.fetch(DRIVEN, midnight)}
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    who: dict[int, Any] = {}
    for row in [*shifts, *await connection.fetch(DRIVERS_BY_ID, list(on_runs))]:
        who.setdefault(row["driver_id"], row)
    for row in shifts:
        spans[row["driver_id"]].append(Span(row["start"], row["end"]))
    return tuple(
        DriverFact(
            id=driver_id,
            name=row["name"],
            depot_id=row["depot_id"],
            depot_lon=row["depot_lon"],
            depot_lat=row["depot_lat"],
            licence_class=row["licence_class"],
            shifts=tuple(spans[driver_id]),
            driven_s=driven.get(driver_id, 0),
        )
        for driver_id, row in sorted(who.items())
    )
