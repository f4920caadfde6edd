-- From fixes to trips, violations and cases. Nothing is overwritten: a later version supersedes an earlier one (DESIGN 4.3).

-- Vehicles whose fixes (or orders, or bindings) changed; claimed with SKIP LOCKED, a lease and a fencing attempt.
CREATE TABLE supervision_work (
    vehicle_id   integer PRIMARY KEY REFERENCES vehicle,
    changed_from timestamptz,                     -- null: nothing new, only due_at is waited for
    revision     bigint NOT NULL DEFAULT 1,       -- grows with every change: what came during the work is not lost
    due_at       timestamptz,                     -- look again then although nothing changed (a rule that waits)
    leased_until timestamptz,                     -- real time
    attempt      bigint NOT NULL DEFAULT 0
);

CREATE TABLE trip (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vehicle_id    integer NOT NULL REFERENCES vehicle,
    version       integer NOT NULL,
    during        tstzrange NOT NULL CHECK (NOT isempty(during)),
    closed        boolean NOT NULL,               -- false while the car may still be driving
    start_lon     double precision NOT NULL,
    start_lat     double precision NOT NULL,
    end_lon       double precision NOT NULL,
    end_lat       double precision NOT NULL,
    distance_km   double precision NOT NULL,
    moving_s      integer NOT NULL,
    max_speed_kmh real NOT NULL,
    fix_count     integer NOT NULL,
    confidence    real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    run_id        bigint REFERENCES run,
    detector      text NOT NULL,                  -- name and version of the trip rule
    track_digest  text NOT NULL,                  -- of the fixes it rests on
    -- A pass over the fixes from resume_from on finds the same trips after this one as a full pass does, as long
    -- as nothing up to settled_at changed. Null while the stay that ends it is not confirmed.
    resume_from   timestamptz,
    settled_at    timestamptz,
    content_digest text NOT NULL,                 -- of all that this version says: equal ones need no new version
    matched       jsonb,                          -- road matching: schemas.api.supervision.MatchedTrack
    as_of         timestamptz NOT NULL,
    superseded_at timestamptz,
    superseded_by bigint REFERENCES trip,
    CONSTRAINT trips_never_overlap EXCLUDE USING gist (vehicle_id WITH =, during WITH &&) WHERE (superseded_at IS NULL)
);
CREATE INDEX trip_vehicle ON trip (vehicle_id, lower(during)) WHERE (superseded_at IS NULL);

CREATE TABLE violation (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vehicle_id    integer NOT NULL REFERENCES vehicle,
    rule_code     text NOT NULL,                  -- R01 .. R28
    rule_version  text NOT NULL,
    identity      text NOT NULL,                  -- stable name of the finding across versions: R05/<vehicle>/<start>
    version       integer NOT NULL,
    severity      text NOT NULL CHECK (severity IN ('advisory', 'yellow', 'red')),
    trip_id       bigint REFERENCES trip,
    run_id        bigint REFERENCES run,
    request_id    bigint REFERENCES request,
    driver_id     integer REFERENCES driver,
    during        tstzrange NOT NULL,
    lon           double precision NOT NULL,
    lat           double precision NOT NULL,
    measures      jsonb NOT NULL,                 -- values found
    thresholds    jsonb NOT NULL,                 -- snapshot of the parameters
    evidence      jsonb NOT NULL,                 -- frozen copy of the fixes and records it rests on
    explanations  jsonb NOT NULL DEFAULT '[]',    -- innocent explanations tried: code, holds or not
    content_digest text NOT NULL,                 -- of all that this version says: equal ones need no new version
    provisional   boolean NOT NULL DEFAULT false, -- its trip or stay still goes on: completed in place until it ends
    as_of         timestamptz NOT NULL,
    superseded_at timestamptz,
    superseded_by bigint REFERENCES violation,
    withdrawn     boolean NOT NULL DEFAULT false  -- superseded by nothing: the finding no longer holds
);
CREATE UNIQUE INDEX violation_current ON violation (identity) WHERE (superseded_at IS NULL);
CREATE INDEX violation_vehicle ON violation (vehicle_id, lower(during)) WHERE (superseded_at IS NULL);

CREATE SEQUENCE case_number;

-- A case carries the findings of one trip (or one parking) from detection to a closed file (DOMAIN B2).
CREATE TABLE violation_case (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE,         -- AJ-0311-0007
    organisation_id integer NOT NULL REFERENCES organisation,
    vehicle_id      integer NOT NULL REFERENCES vehicle,
    subject         text NOT NULL UNIQUE,         -- trip/<vehicle>/<start> or stay/<vehicle>/<start>
    status          text NOT NULL CHECK (status IN ('detected', 'auto_cleared', 'to_verify', 'explain_requested',
                        'explained', 'under_review', 'cleared', 'irregular', 'rectifying', 'confirmed', 'sanction',
                        'referred', 'closed', 'archived')),
    severity        text NOT NULL CHECK (severity IN ('advisory', 'yellow', 'red')),
    due_at          timestamptz NOT NULL,
    cause_code      text,                         -- why it was dismissed; feeds per-rule precision
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    version         integer NOT NULL DEFAULT 1
);

CREATE TABLE case_violation (
    case_id  bigint NOT NULL REFERENCES violation_case,
    identity text NOT NULL UNIQUE,                -- of the violation: a case follows it across versions
    PRIMARY KEY (case_id, identity)
);

CREATE TABLE case_entry (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    bigint NOT NULL REFERENCES violation_case,
    at         timestamptz NOT NULL,
    account_id integer REFERENCES account,        -- null: the system
    action     text NOT NULL,
    from_status text NOT NULL,
    to_status   text NOT NULL,
    note       text NOT NULL DEFAULT ''
);
