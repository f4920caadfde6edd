-- Requests, proposals, runs and the reservations that make double booking impossible (DESIGN 4.2).

CREATE SEQUENCE request_number;

CREATE TABLE request (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number           text NOT NULL UNIQUE,                     -- YC-0311-0042
    organisation_id  integer NOT NULL REFERENCES organisation, -- who travels
    supplier_id      integer NOT NULL REFERENCES organisation, -- whose pool is asked
    requester_id     integer NOT NULL REFERENCES account,
    kind             text NOT NULL CHECK (kind IN ('normal', 'supplement', 'direct')),
    status           text NOT NULL CHECK (status IN ('draft', 'unit_review', 'unit_rejected', 'withdrawn',
                         'platform_review', 'platform_rejected', 'pending_dispatch', 'no_vehicle', 'rental',
                         'dispatched', 'accepted', 'reassign_requested', 'en_route', 'arrived', 'in_service',
                         'suspended', 'swapping', 'service_ended', 'returned', 'fee_confirm', 'disputed', 'settled',
                         'reviewed', 'archived', 'cancelled', 'expired')),
    purpose          text NOT NULL DEFAULT '',
    contact_name     text NOT NULL,                            -- 李科长
    contact_phone    text NOT NULL DEFAULT '',
    origin           text NOT NULL,
    origin_lon       double precision NOT NULL CHECK (origin_lon BETWEEN -180 AND 180),
    origin_lat       double precision NOT NULL CHECK (origin_lat BETWEEN -90 AND 90),
    destination      text NOT NULL,
    destination_lon  double precision NOT NULL CHECK (destination_lon BETWEEN -180 AND 180),
    destination_lat  double precision NOT NULL CHECK (destination_lat BETWEEN -90 AND 90),
    form             text NOT NULL CHECK (form IN ('one_way', 'round_trip')),
    waiting_s        integer NOT NULL DEFAULT 0 CHECK (waiting_s >= 0),          -- at the destination of a round trip
    passengers       smallint NOT NULL CHECK (passengers BETWEEN 1 AND 60),
    luggage          smallint NOT NULL DEFAULT 0 CHECK (luggage >= 0),
    wheelchair       boolean NOT NULL DEFAULT false,
    body_requested   text CHECK (body_requested IN ('sedan', 'suv', 'mpv', 'minibus', 'coach')),
    pickup_from      timestamptz NOT NULL,                     -- passengers are ready
    pickup_until     timestamptz NOT NULL,                     -- latest pick-up
    arrive_by        timestamptz NOT NULL,
    share_consent    boolean NOT NULL DEFAULT false,
    detour_cap_s     integer NOT NULL DEFAULT 600 CHECK (detour_cap_s >= 0),
    holiday          boolean NOT NULL DEFAULT false,           -- approved for a rest day or holiday
    priority         smallint NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL,
    decided_by       integer REFERENCES account,               -- who approved or rejected
    decided_at       timestamptz,
    decision_note    text NOT NULL DEFAULT '',
    version          integer NOT NULL DEFAULT 1,
    CONSTRAINT request_times_in_order CHECK (pickup_from <= pickup_until AND pickup_until <= arrive_by)
);
CREATE INDEX request_open ON request (status, pickup_from);

CREATE TABLE run (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL UNIQUE,                        -- PC-0311-0017 (派车单)
    organisation_id integer NOT NULL REFERENCES organisation,  -- the supplier
    vehicle_id    integer NOT NULL REFERENCES vehicle,
    driver_id     integer NOT NULL REFERENCES driver,
    status        text NOT NULL CHECK (status IN ('dispatched', 'accepted', 'under_way', 'returned', 'cancelled')),
    planned_start timestamptz NOT NULL,                        -- leaves where it stands
    planned_end   timestamptz NOT NULL,                        -- back in its bay
    accepted_at   timestamptz,
    started_at    timestamptz,
    ended_at      timestamptz,
    odometer_start_km double precision,
    odometer_end_km   double precision,
    locked        boolean NOT NULL DEFAULT false,              -- by a person; the planner may not touch it
    created_by    integer NOT NULL REFERENCES account,
    created_at    timestamptz NOT NULL,
    version       integer NOT NULL DEFAULT 1,
    plan_version  integer NOT NULL DEFAULT 1,                  -- grows when stops are planned anew; taps leave it
    CHECK (planned_start < planned_end)
);
CREATE INDEX run_open ON run (status, planned_start);

CREATE TABLE run_stop (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id            bigint NOT NULL REFERENCES run,
    place_in_run      smallint NOT NULL,                       -- 1, 2, 3, ...
    kind              text NOT NULL CHECK (kind IN ('pickup', 'dropoff', 'return')),
    request_id        bigint REFERENCES request,               -- null for the return
    name              text NOT NULL,
    lon               double precision NOT NULL,
    lat               double precision NOT NULL,
    planned_arrival   timestamptz NOT NULL,
    planned_departure timestamptz NOT NULL,
    latest_arrival    timestamptz NOT NULL,                    -- the promise
    arrived_at        timestamptz,
    departed_at       timestamptz,                             -- boarded, alighted, or parked in the bay
    CONSTRAINT run_stop_order UNIQUE (run_id, place_in_run) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((kind = 'return') = (request_id IS NULL))
);
CREATE INDEX run_stop_request ON run_stop (request_id);

-- Everything that takes a vehicle out of the pool for a while, one row each. No NULLs, no empty or open ranges:
-- either would slip past the exclusion constraint.
CREATE TABLE vehicle_reservation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vehicle_id integer NOT NULL REFERENCES vehicle,
    kind       text NOT NULL CHECK (kind IN ('run', 'repair', 'seal', 'loan')),
    run_id     bigint REFERENCES run,
    during     tstzrange NOT NULL
               CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
    released   boolean NOT NULL DEFAULT false,
    note       text NOT NULL DEFAULT '',
    CHECK ((kind = 'run') = (run_id IS NOT NULL)),
    CONSTRAINT vehicle_never_double_booked EXCLUDE USING gist (vehicle_id WITH =, during WITH &&) WHERE (NOT released)
);

CREATE TABLE driver_reservation (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    driver_id integer NOT NULL REFERENCES driver,
    kind      text NOT NULL CHECK (kind IN ('run', 'leave', 'rest')),
    run_id    bigint REFERENCES run,
    during    tstzrange NOT NULL
              CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
    released  boolean NOT NULL DEFAULT false,
    CHECK ((kind = 'run') = (run_id IS NOT NULL)),
    CONSTRAINT driver_never_double_booked EXCLUDE USING gist (driver_id WITH =, during WITH &&) WHERE (NOT released)
);

-- What the driver pressed, once per tap whatever the network did.
CREATE TABLE run_step (
    idempotency_key uuid PRIMARY KEY,
    run_id          bigint NOT NULL REFERENCES run,
    action          text NOT NULL CHECK (action IN ('accept', 'decline', 'depart', 'arrive', 'board', 'alight', 'return')),
    stop_id         bigint REFERENCES run_stop,
    account_id      integer NOT NULL REFERENCES account,
    occurred_at     timestamptz NOT NULL,                      -- the tap
    received_at     timestamptz NOT NULL,
    lon             double precision,
    lat             double precision,
    odometer_km     double precision
);
CREATE INDEX run_step_run ON run_step (run_id);

-- What the planner would do. Not in force until a person confirms (DESIGN 4.7).
CREATE TABLE proposal (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id   bigint NOT NULL REFERENCES request,
    rank         smallint NOT NULL CHECK (rank >= 1),          -- 1 is the plan, 2 and 3 the alternatives
    status       text NOT NULL CHECK (status IN ('open', 'confirmed', 'superseded', 'expired', 'infeasible')),
    snapshot_at  timestamptz NOT NULL,
    snapshot     pg_snapshot NOT NULL,                         -- what the plan saw: tells which changes it does not know
    solve_ms     integer NOT NULL,
    vehicle_id   integer REFERENCES vehicle,
    driver_id    integer REFERENCES driver,
    run_id       bigint REFERENCES run,                        -- the run it joins (pooling), null for a new one
    run_version  integer,                                      -- its plan_version when this plan was made
    serves       jsonb NOT NULL,                               -- [[request, its version], ...] put in force together
    plan         jsonb NOT NULL,                               -- schemas.api.proposals.ProposedRun
    reasons      jsonb NOT NULL,                               -- [schemas.api.proposals.Reason]
    obstacle     jsonb,                                        -- schemas.api.proposals.Obstacle when nothing fits
    expires_at   timestamptz NOT NULL,
    confirmed_run_id bigint REFERENCES run,
    CHECK ((vehicle_id IS NULL) = (obstacle IS NOT NULL)),
    CHECK (status <> 'infeasible' OR vehicle_id IS NULL),
    CHECK (status NOT IN ('open', 'confirmed') OR vehicle_id IS NOT NULL),
    CHECK ((vehicle_id IS NULL) = (driver_id IS NULL)),
    CHECK ((run_id IS NULL) = (run_version IS NULL))
);
CREATE UNIQUE INDEX proposal_current ON proposal (request_id, rank) WHERE (status IN ('open', 'infeasible'));
CREATE INDEX proposal_vehicle ON proposal (vehicle_id) WHERE (status = 'open');

-- Road times between two spots (rounded to about 10 m) in a time bucket; metres and seconds from Valhalla.
CREATE TABLE travel_time (
    from_spot   text NOT NULL,
    to_spot     text NOT NULL,
    bucket      smallint NOT NULL,                             -- hour of the week in Asia/Shanghai, -1 when not time-dependent
    seconds     integer NOT NULL,
    metres      integer NOT NULL,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (from_spot, to_spot, bucket)
);

-- One planner leads. The token only grows, so a write of a former leader is refused.
CREATE TABLE planner_lease (
    name    text PRIMARY KEY,
    token   bigint NOT NULL,
    holder  text NOT NULL,
    address text NOT NULL                                      -- where it answers, host:port on loopback
);
