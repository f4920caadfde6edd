"""Lists that screens choose from, within the scope of their reader."""

from __future__ import annotations

from datetime import datetime

from fleet.database import Connection
from schemas.api.registry import DriverItem, OrganisationItem, PlaceItem, VehicleItem

# Whom one may order a trip for: organisations at or below one's own; for the pool's staff ($2) also those
# whose nearest supplier is theirs.
ORGANISATIONS = """
SELECT o.id, o.code, o.name, o.name_en FROM organisation o
CROSS JOIN LATERAL (
    SELECT s.path FROM organisation s WHERE 'supplier' = ANY (s.kinds)
    ORDER BY nlevel(lca(s.path, o.path)) DESC, nlevel(s.path), s.id LIMIT 1
) pool
WHERE o.path <@ $1::text::ltree OR ($2 AND 'user' = ANY (o.kinds) AND pool.path <@ $1::text::ltree)
ORDER BY o.path
"""

# Places everybody knows, and those of organisations above or below the reader's.
PLACES = """
SELECT p.code, p.name, p.name_en, p.kind, p.lon, p.lat
FROM place p LEFT JOIN organisation o ON o.id = p.organisation_id
WHERE (o.id IS NULL OR o.path <@ $1::text::ltree OR o.path @> $1::text::ltree)
  AND (strpos(lower(p.name), lower($2)) > 0 OR strpos(lower(p.name_en), lower($2)) > 0
       OR strpos(lower(p.code), lower($2)) > 0)
ORDER BY strpos(lower(p.name), lower($2)) <> 1, p.name, p.code LIMIT $3
"""

# `free`: in service, and nothing reserves it in the window.
VEHICLE_CHOICES = """
SELECT v.id, v.plate, v.body, v.energy, v.seats, v.wheelchair, v.status, d.name AS depot,
       v.status = 'in_service' AND NOT EXISTS (
           SELECT FROM vehicle_reservation r
           WHERE r.vehicle_id = v.id AND NOT r.released AND r.during && tstzrange($2, $3)) AS free
FROM vehicle v
JOIN organisation o ON o.id = v.organisation_id
JOIN bay b ON b.id = v.home_bay_id JOIN depot d ON d.id = b.depot_id
WHERE o.path <@ $1::text::ltree AND v.status <> 'disposed'
ORDER BY free DESC, v.plate
"""

# `on_shift`: one shift covers the whole window. `free`: nothing reserves the driver in it.
DRIVER_CHOICES = """
SELECT d.id, d.name, depot.name AS depot,
       EXISTS (SELECT FROM shift s WHERE s.driver_id = d.id AND s.during @> tstzrange($2, $3)) AS on_shift,
       NOT EXISTS (
           SELECT FROM driver_reservation r
           WHERE r.driver_id = d.id AND NOT r.released AND r.during && tstzrange($2, $3)) AS free
FROM driver d
JOIN account a ON a.id = d.account_id AND a.active
JOIN organisation o ON o.id = d.organisation_id
JOIN depot ON depot.id = d.depot_id
WHERE o.path <@ $1::text::ltree
ORDER BY on_shift DESC, free DESC, d.name, d.id
"""


async def organisations(connection: Connection, path: str, *, pool: bool) -> list[OrganisationItem]:
    return [OrganisationItem(**row) for row in await connection.fetch(ORGANISATIONS, path, pool)]


async def places(connection: Connection, path: str, query: str, limit: int) -> list[PlaceItem]:
    return [PlaceItem(**row) for row in await connection.fetch(PLACES, path, query, limit)]


async def vehicle_choices(
    connection: Connection, path: str, start: datetime, end: datetime
) -> list[VehicleItem]:
    return [VehicleItem(**row) for row in await connection.fetch(VEHICLE_CHOICES, path, start, end)]


async def driver_choices(
    connection: Connection, path: str, start: datetime, end: datetime
) -> list[DriverItem]:
    return [DriverItem(**row) for row in await connection.fetch(DRIVER_CHOICES, path, start, end)]
