-- What terminals report. Fixes are never edited (DESIGN 4.4); the vehicle is found through terminal_binding.

CREATE EXTENSION IF NOT EXISTS timescaledb;

CREATE TABLE position (
    terminal_id  integer NOT NULL,
    time         timestamptz NOT NULL,          -- the fix, UTC
    digest       bigint NOT NULL,               -- of the content without sequence number: tells a re-send from another fix
    sent_at      timestamptz NOT NULL,          -- the terminal's own sending time
    received_at  timestamptz NOT NULL,          -- ours
    boot         integer NOT NULL,
    seq          bigint NOT NULL,
    lon          double precision NOT NULL,     -- WGS-84 degrees
    lat          double precision NOT NULL,
    speed_kmh    real NOT NULL,
    heading_deg  real NOT NULL,
    altitude_m   real,
    odometer_km  double precision,
    ignition     boolean,
    energy_pct   real,                          -- tank or battery
    satellites   smallint,
    hdop         real,
    fixed        boolean NOT NULL,
    alarm        bigint NOT NULL DEFAULT 0,     -- JT/T 808 alarm bits
    status       bigint NOT NULL DEFAULT 0,     -- JT/T 808 status bits
    CONSTRAINT position_key PRIMARY KEY (terminal_id, time, digest)
);
SELECT create_hypertable('position', by_range('time', INTERVAL '1 day'), create_default_indexes => false);

-- The newest fix of each vehicle. Small rows, no further index: updates stay in place (HOT).
CREATE TABLE vehicle_state (
    vehicle_id  integer PRIMARY KEY REFERENCES vehicle,
    terminal_id integer NOT NULL,
    time        timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    lon         double precision NOT NULL,
    lat         double precision NOT NULL,
    speed_kmh   real NOT NULL,
    heading_deg real NOT NULL,
    ignition    boolean,
    energy_pct  real,
    odometer_km double precision,
    fixed       boolean NOT NULL,
    alarm       bigint NOT NULL DEFAULT 0,
    status      bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- How far each terminal was told that its messages are handled; committed with the batch it speaks of.
CREATE TABLE terminal_progress (
    terminal_id integer PRIMARY KEY REFERENCES terminal,
    boot        integer NOT NULL,
    upto        bigint NOT NULL,                -- every sequence number up to here is handled
    ranges      jsonb NOT NULL DEFAULT '[]',    -- handled beyond it: [[first, last], ...]
    online      boolean NOT NULL DEFAULT true,  -- false after its last will
    last_received_at timestamptz NOT NULL,
    receive_lag_s    real NOT NULL DEFAULT 0,   -- received_at - time of the newest fix
    clock_skew_s     real NOT NULL DEFAULT 0    -- sent_at - received_at, smallest in magnitude seen lately
) WITH (fillfactor = 70);

CREATE TABLE terminal_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terminal_id integer NOT NULL REFERENCES terminal,
    time        timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    kind        text NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}'
);
-- Events carry no sequence number; the broker delivers at least once, this stores once.
CREATE UNIQUE INDEX terminal_event_once ON terminal_event (terminal_id, time, kind, md5(detail::text));

CREATE TABLE dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    topic       text NOT NULL,
    payload     bytea NOT NULL,
    -- malformed, out_of_range, future, too_old, unknown_terminal, forged_topic, oversized
    reason      text NOT NULL,
    detail      text NOT NULL,                  -- what was wrong, where, what to do
    terminal    text,
    replayed_at timestamptz
);
-- A terminal that sends the same broken message again and again fills one row, not the disk.
CREATE UNIQUE INDEX dead_letter_once ON dead_letter (md5(topic), reason, md5(payload)) WHERE replayed_at IS NULL;

-- Windows of fixes that arrived since anybody looked. Readers go by (xid, id) below pg_snapshot_xmin:
-- a serial cursor alone skips rows committed late.
CREATE TABLE position_change (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    terminal_id  integer NOT NULL,
    changed_from timestamptz NOT NULL,
    changed_to   timestamptz NOT NULL
);
CREATE INDEX position_change_cursor ON position_change (xid, id);

CREATE TABLE change_cursor (
    name text PRIMARY KEY,
    xid  xid8 NOT NULL,
    id   bigint NOT NULL
);
