"""Upserts of the import. Each returns whether it added a row; no row comes back when nothing differs.

A statement that takes the path of the importing administrator's organisation takes it as `$1`: what stands
outside is not theirs to see or change.
"""

from __future__ import annotations

ORGANISATIONS_BELOW = """
SELECT id, code, path::text AS path FROM organisation WHERE path <@ $1::text::ltree
"""

UPSERT_ORGANISATION = """
INSERT INTO organisation AS o (code, parent_id, path, name, name_en, kinds)
VALUES ($2, $3, $4::text::ltree, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, kinds = excluded.kinds
WHERE o.path <@ $1::text::ltree AND (o.name, o.name_en, o.kinds) IS DISTINCT FROM
      (excluded.name, excluded.name_en, excluded.kinds)
RETURNING id, (xmax = 0) AS added
"""

ORGANISATION_PATH = "SELECT path::text FROM organisation WHERE code = $1"

ACCOUNTS_ELSEWHERE = """
SELECT a.login FROM account a JOIN organisation o ON o.id = a.organisation_id
WHERE a.login = ANY ($2) AND NOT o.path <@ $1::text::ltree
"""

KNOWN_LOGINS = "SELECT login FROM account WHERE login = ANY ($1)"

# The password is set when the account is added and never by a later import: it belongs to its owner.
UPSERT_ACCOUNT = """
INSERT INTO account AS a (login, password_hash, organisation_id, name, title, phone, roles)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (login) DO UPDATE SET organisation_id = excluded.organisation_id, name = excluded.name,
    title = excluded.title, phone = excluded.phone, roles = excluded.roles
WHERE (a.organisation_id, a.name, a.title, a.phone, a.roles) IS DISTINCT FROM
      (excluded.organisation_id, excluded.name, excluded.title, excluded.phone, excluded.roles)
RETURNING (xmax = 0) AS added
"""

DEPOTS_ELSEWHERE = """
SELECT d.code FROM depot d JOIN organisation o ON o.id = d.organisation_id
WHERE d.code = ANY ($2) AND NOT o.path <@ $1::text::ltree
"""

UPSERT_DEPOT = """
INSERT INTO depot AS d (code, organisation_id, name, name_en, lon, lat) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code) DO UPDATE SET organisation_id = excluded.organisation_id, name = excluded.name,
    name_en = excluded.name_en, lon = excluded.lon, lat = excluded.lat
WHERE (d.organisation_id, d.name, d.name_en, d.lon, d.lat) IS DISTINCT FROM
      (excluded.organisation_id, excluded.name, excluded.name_en, excluded.lon, excluded.lat)
RETURNING (xmax = 0) AS added
"""

UPSERT_BAY = """
INSERT INTO bay AS b (depot_id, code, lon, lat) SELECT d.id, $2, $3, $4 FROM depot d WHERE d.code = $1
ON CONFLICT (depot_id, code) DO UPDATE SET lon = excluded.lon, lat = excluded.lat
WHERE (b.lon, b.lat) IS DISTINCT FROM (excluded.lon, excluded.lat)
RETURNING (xmax = 0) AS added
"""

BAY_ID = """
SELECT b.id FROM bay b JOIN depot d ON d.id = b.depot_id JOIN organisation o ON o.id = d.organisation_id
WHERE d.code = $2 AND b.code = $3 AND o.path <@ $1::text::ltree
"""

VEHICLES_ELSEWHERE = """
SELECT v.plate FROM vehicle v JOIN organisation o ON o.id = v.organisation_id
WHERE v.plate = ANY ($2) AND NOT o.path <@ $1::text::ltree
"""

UPSERT_VEHICLE = """
INSERT INTO vehicle AS v (plate, organisation_id, class, body, energy, model, seats, luggage, wheelchair,
    range_km, home_bay_id, status, exempt, registered_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (plate) DO UPDATE SET organisation_id = excluded.organisation_id, class = excluded.class,
    body = excluded.body, energy = excluded.energy, model = excluded.model, seats = excluded.seats,
    luggage = excluded.luggage, wheelchair = excluded.wheelchair, range_km = excluded.range_km,
    home_bay_id = excluded.home_bay_id, status = excluded.status, exempt = excluded.exempt,
    registered_on = excluded.registered_on
WHERE (v.organisation_id, v.class, v.body, v.energy, v.model, v.seats, v.luggage, v.wheelchair, v.range_km,
       v.home_bay_id, v.status, v.exempt, v.registered_on) IS DISTINCT FROM
      (excluded.organisation_id, excluded.class, excluded.body, excluded.energy, excluded.model,
       excluded.seats, excluded.luggage, excluded.wheelchair, excluded.range_km,
       excluded.home_bay_id, excluded.status, excluded.exempt, excluded.registered_on)
RETURNING (xmax = 0) AS added
"""

VEHICLE_ID = """
SELECT v.id FROM vehicle v JOIN organisation o ON o.id = v.organisation_id
WHERE v.plate = $2 AND o.path <@ $1::text::ltree
"""

ACCOUNT_OF_DRIVER = """
SELECT a.id, a.organisation_id, a.name FROM account a JOIN organisation o ON o.id = a.organisation_id
WHERE a.login = $2 AND o.path <@ $1::text::ltree
"""

DEPOT_ID = """
SELECT d.id FROM depot d JOIN organisation o ON o.id = d.organisation_id
WHERE d.code = $2 AND o.path <@ $1::text::ltree
"""

UPSERT_DRIVER = """
INSERT INTO driver AS d (account_id, organisation_id, depot_id, name, licence_class)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id) DO UPDATE SET organisation_id = excluded.organisation_id,
    depot_id = excluded.depot_id, name = excluded.name, licence_class = excluded.licence_class
WHERE (d.organisation_id, d.depot_id, d.name, d.licence_class) IS DISTINCT FROM
      (excluded.organisation_id, excluded.depot_id, excluded.name, excluded.licence_class)
RETURNING (xmax = 0) AS added
"""

DRIVER_ID = """
SELECT d.id FROM driver d JOIN account a ON a.id = d.account_id
JOIN organisation o ON o.id = d.organisation_id
WHERE a.login = $2 AND o.path <@ $1::text::ltree
"""

SHIFT_LIKE = "SELECT id, vehicle_id FROM shift WHERE driver_id = $1 AND during = tstzrange($2, $3)"
INSERT_SHIFT = "INSERT INTO shift (driver_id, vehicle_id, during) VALUES ($1, $2, tstzrange($3, $4))"
SET_SHIFT_VEHICLE = "UPDATE shift SET vehicle_id = $2 WHERE id = $1"

TERMINALS_ELSEWHERE = """
SELECT t.code FROM terminal t JOIN terminal_binding b ON b.terminal_id = t.id AND upper_inf(b.during)
JOIN vehicle v ON v.id = b.vehicle_id JOIN organisation o ON o.id = v.organisation_id
WHERE t.code = ANY ($2) AND NOT o.path <@ $1::text::ltree
"""

UPSERT_TERMINAL = """
INSERT INTO terminal AS t (code, protocol, interval_moving_s, interval_parked_s) VALUES ($1, $2, $3, $4)
ON CONFLICT (code) DO UPDATE SET protocol = excluded.protocol, interval_moving_s = excluded.interval_moving_s,
    interval_parked_s = excluded.interval_parked_s
WHERE (t.protocol, t.interval_moving_s, t.interval_parked_s) IS DISTINCT FROM
      (excluded.protocol, excluded.interval_moving_s, excluded.interval_parked_s)
RETURNING (xmax = 0) AS added
"""

OPEN_BINDING = """
SELECT b.id, b.vehicle_id, lower(b.during) AS bound_from FROM terminal_binding b
JOIN terminal t ON t.id = b.terminal_id WHERE t.code = $1 AND upper_inf(b.during)
"""
CLOSE_BINDING = "UPDATE terminal_binding SET during = tstzrange(lower(during), $2) WHERE id = $1"
INSERT_BINDING = """
INSERT INTO terminal_binding (terminal_id, vehicle_id, during)
SELECT id, $2, tstzrange($3, NULL) FROM terminal WHERE code = $1
"""

# A binding decides whose fixes these are: what rests on them is worked out anew.
TELL_SUPERVISION = """
INSERT INTO position_change (terminal_ids, changed_from, changed_to)
SELECT ARRAY[id], ARRAY[$2::timestamptz], ARRAY[$3::timestamptz] FROM terminal WHERE code = $1
"""

PLACES_ELSEWHERE = """
SELECT p.code FROM place p JOIN organisation o ON o.id = p.organisation_id
WHERE p.code = ANY ($2) AND NOT o.path <@ $1::text::ltree
"""

UPSERT_PLACE = """
INSERT INTO place AS p (code, organisation_id, name, name_en, kind, lon, lat)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET organisation_id = excluded.organisation_id, name = excluded.name,
    name_en = excluded.name_en, kind = excluded.kind, lon = excluded.lon, lat = excluded.lat
WHERE (p.organisation_id, p.name, p.name_en, p.kind, p.lon, p.lat) IS DISTINCT FROM
      (excluded.organisation_id, excluded.name, excluded.name_en, excluded.kind, excluded.lon, excluded.lat)
RETURNING (xmax = 0) AS added
"""

GEOFENCE_LIKE = "SELECT id, kind, boundary FROM geofence WHERE organisation_id = $1 AND name = $2"
INSERT_GEOFENCE = "INSERT INTO geofence (organisation_id, name, kind, boundary) VALUES ($1, $2, $3, $4)"
UPDATE_GEOFENCE = "UPDATE geofence SET kind = $2, boundary = $3 WHERE id = $1"
