-- Who and what: organisations, people, vehicles, drivers, terminals, places, calendar.

CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE organisation (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code      text NOT NULL UNIQUE,
    parent_id integer REFERENCES organisation,
    path      ltree NOT NULL UNIQUE,
    name      text NOT NULL,
    name_en   text NOT NULL,
    -- one organisation may be several of: regulator, supplier (a pool or rental fleet), user
    kinds     text[] NOT NULL CHECK (kinds <@ ARRAY['regulator', 'supplier', 'user'] AND kinds <> '{}')
);
CREATE INDEX organisation_path ON organisation USING gist (path);

CREATE TABLE account (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisation,
    login           text NOT NULL UNIQUE,
    password_hash   text NOT NULL,
    name            text NOT NULL,
    title           text NOT NULL DEFAULT '',
    phone           text NOT NULL DEFAULT '',
    roles           text[] NOT NULL CHECK (roles <@ ARRAY['requester', 'unit_approver', 'platform_approver',
                        'clerk', 'driver', 'auditor', 'finance', 'leader', 'administrator']),
    active          boolean NOT NULL DEFAULT true
);

-- Sessions live on real time: a simulated day must not sign anybody out.
CREATE TABLE account_session (
    token_digest bytea PRIMARY KEY,
    account_id   integer NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE TABLE depot (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisation,
    code            text NOT NULL UNIQUE,
    name            text NOT NULL,
    name_en         text NOT NULL,
    lon             double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    lat             double precision NOT NULL CHECK (lat BETWEEN -90 AND 90)
);

CREATE TABLE bay (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    depot_id integer NOT NULL REFERENCES depot,
    code     text NOT NULL,
    lon      double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    lat      double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    UNIQUE (depot_id, code)
);

CREATE TABLE vehicle (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisation,
    plate           text NOT NULL UNIQUE,
    -- 机要通信, 应急保障, 执法执勤, 特种专业技术, 其他 (DOMAIN 1.1)
    class           text NOT NULL CHECK (class IN ('confidential', 'emergency', 'enforcement', 'special', 'general')),
    body            text NOT NULL CHECK (body IN ('sedan', 'suv', 'mpv', 'minibus', 'coach')),
    energy          text NOT NULL CHECK (energy IN ('petrol', 'diesel', 'hybrid', 'electric')),
    model           text NOT NULL DEFAULT '',
    seats           smallint NOT NULL CHECK (seats BETWEEN 1 AND 60),        -- for passengers, the driver's not counted
    luggage         smallint NOT NULL DEFAULT 0 CHECK (luggage >= 0),        -- pieces
    wheelchair      boolean NOT NULL DEFAULT false,
    range_km        integer NOT NULL CHECK (range_km > 0),                   -- on a full tank or battery
    home_bay_id     integer NOT NULL REFERENCES bay,
    status          text NOT NULL DEFAULT 'in_service'
                    CHECK (status IN ('in_service', 'repair', 'sealed', 'disabled', 'lent', 'disposed')),
    exempt          boolean NOT NULL DEFAULT false,                          -- DOMAIN 1.8: outside supervision by law
    registered_on   date
);

CREATE TABLE driver (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id      integer NOT NULL UNIQUE REFERENCES account,
    organisation_id integer NOT NULL REFERENCES organisation,
    depot_id        integer NOT NULL REFERENCES depot,
    name            text NOT NULL,
    licence_class   text NOT NULL DEFAULT 'B1'
);

CREATE TABLE shift (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    driver_id  integer NOT NULL REFERENCES driver,
    vehicle_id integer REFERENCES vehicle,                                   -- usual car of the shift, if any
    during     tstzrange NOT NULL CHECK (NOT isempty(during) AND lower(during) IS NOT NULL AND upper(during) IS NOT NULL),
    CONSTRAINT shift_driver_once EXCLUDE USING gist (driver_id WITH =, during WITH &&)
);

CREATE TABLE terminal (
    id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code              text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9_-]{1,32}$'),
    protocol          text NOT NULL DEFAULT 'mqtt' CHECK (protocol IN ('mqtt', 'jt808')),
    interval_moving_s smallint NOT NULL DEFAULT 30,
    interval_parked_s smallint NOT NULL DEFAULT 300,
    active            boolean NOT NULL DEFAULT true
);

-- Which vehicle a terminal sat in, and when: the only way from a fix to a vehicle.
CREATE TABLE terminal_binding (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terminal_id integer NOT NULL REFERENCES terminal,
    vehicle_id  integer NOT NULL REFERENCES vehicle,
    during      tstzrange NOT NULL CHECK (NOT isempty(during)),
    CONSTRAINT terminal_in_one_vehicle EXCLUDE USING gist (terminal_id WITH =, during WITH &&),
    CONSTRAINT vehicle_with_one_terminal EXCLUDE USING gist (vehicle_id WITH =, during WITH &&)
);

CREATE TABLE place (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer REFERENCES organisation,                         -- null: known to everybody
    code            text NOT NULL UNIQUE,
    name            text NOT NULL,
    name_en         text NOT NULL,
    kind            text NOT NULL,     -- office, hospital, school, station, hotel, scenic, estate, fuel, charging, ...
    lon             double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    lat             double precision NOT NULL CHECK (lat BETWEEN -90 AND 90)
);

CREATE TABLE geofence (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisation,
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('service_area', 'depot', 'sensitive')),
    boundary        jsonb NOT NULL     -- GeoJSON Polygon or MultiPolygon, WGS-84
);

-- Statutory holidays and make-up days (调休), a row a day. A question about a day without a row fails loudly.
CREATE TABLE calendar_day (
    day         date PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('workday', 'makeup', 'weekend', 'holiday')),
    name        text NOT NULL DEFAULT '',
    provisional boolean NOT NULL
);
