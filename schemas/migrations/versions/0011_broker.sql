-- Who serves which part of the topics, and which credentials terminals hold at the broker.

-- An ingest worker that lives. Real time, the database's own: it is a lease.
CREATE TABLE ingest_worker (
    name          text PRIMARY KEY,
    station       text NOT NULL,               -- MOTORPOOL_INGEST_CLIENT_ID: those who share one broker's topics
    backend_pid   integer NOT NULL,            -- its connection: the database sees at once when it is gone
    backend_start timestamptz NOT NULL,
    able          boolean NOT NULL,            -- reaches the broker, as far as it knows
    seen_at       timestamptz NOT NULL
);

-- A persistent session at the broker, the range of shards it is subscribed to, and who serves it.
CREATE TABLE ingest_range (
    client_id text PRIMARY KEY,
    station   text NOT NULL,
    number    smallint NOT NULL,               -- which range, from 0
    ranges    smallint NOT NULL,               -- of how many
    retired   boolean NOT NULL DEFAULT false,  -- of an earlier number of ranges: to be emptied and ended
    opened    boolean NOT NULL DEFAULT false,  -- subscribed: from then on the broker keeps what comes for it
    worker    text REFERENCES ingest_worker ON DELETE SET NULL,
    CHECK (ranges BETWEEN 1 AND 256 AND number >= 0 AND number < ranges)
);
CREATE INDEX ingest_range_station ON ingest_range (station);

GRANT SELECT, INSERT, UPDATE, DELETE ON ingest_worker, ingest_range TO motorpool_ingest;
GRANT SELECT ON ingest_worker, ingest_range TO motorpool_api, motorpool_worker;

-- What a terminal signs in with at the broker. The secret itself is nowhere: it was shown once.
CREATE TABLE terminal_credential (
    terminal_id integer PRIMARY KEY REFERENCES terminal,
    revision    integer NOT NULL,              -- grows with every issue, rotation and revocation
    revoked     boolean NOT NULL,
    changed_at  timestamptz NOT NULL,
    changed_by  text NOT NULL,
    applied_at  timestamptz,                   -- null: the broker has not been told yet
    -- With the key of the installation this gives the secret; gone as soon as the broker knows it.
    nonce       bytea,
    attempts    integer NOT NULL DEFAULT 0,
    trouble     text NOT NULL DEFAULT ''       -- why the last attempt failed
);

GRANT SELECT, INSERT, UPDATE ON terminal_credential TO motorpool_api;
GRANT SELECT, UPDATE ON terminal_credential TO motorpool_worker;
