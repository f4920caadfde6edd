-- Cold fixes lie in packs of whole hours (fleet/history), old ones go, evidence stays. drop_chunks asks for the owner of
-- the hypertable: a role that nobody can be, whose functions do the few things that processes may ask for.
DO $$
BEGIN
    BEGIN
        CREATE ROLE motorpool_storage NOLOGIN NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- roles belong to the cluster
    END;
    -- who migrates without being superuser must be able to give its tables away, and to alter them later
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT motorpool_storage TO %I', current_user);
    END IF;
END $$;
GRANT USAGE, CREATE ON SCHEMA public TO motorpool_storage;

-- Range of times within a chunk; the key begins with the terminal.
CREATE INDEX position_time ON position USING brin (time);

-- A UTC day of one terminal, as one blob in blocks of whole hours (fleet.history.packs).
CREATE TABLE position_pack (
    start       timestamptz NOT NULL CHECK (start = date_trunc('day', start, 'UTC')),
    last_time   timestamptz NOT NULL,             -- of its newest fix
    terminal_id integer NOT NULL,
    fixes       integer NOT NULL CHECK (fixes > 0),
    west        real,                             -- box around the fixes with a satellite solution, rounded outwards;
    south       real,                             -- null where there is none
    east        real,
    north       real,
    blob        bytea NOT NULL,
    PRIMARY KEY (terminal_id, start) INCLUDE (fixes)
);
ALTER TABLE position_pack ALTER COLUMN blob SET STORAGE EXTERNAL;  -- compressed already
CREATE INDEX position_pack_start ON position_pack (start);

-- One vehicle in one minute (UTC). Definitions: fleet/history/minutes.py. A minute without a row: nothing was heard of it.
CREATE TABLE vehicle_minute (
    minute        timestamptz NOT NULL,
    vehicle_id    integer NOT NULL,
    fixes         smallint NOT NULL,
    moving_s      real NOT NULL,
    ignition_s    real NOT NULL,
    km            real NOT NULL,
    max_speed_kmh real,                           -- null: no fix with a satellite solution
    avg_speed_kmh real,
    PRIMARY KEY (vehicle_id, minute)
);
SELECT create_hypertable('vehicle_minute', by_range('minute', INTERVAL '7 days'), create_default_indexes => false);

-- Tracks that must not go: an hour around each finding and its trip. Findings of an open case are held whatever became of
-- them; the others while they stand and are younger than their retention (held_until: their end, to be compared with it).
CREATE VIEW evidence_hold WITH (security_invoker = true) AS
SELECT violation.vehicle_id,
       tstzrange(least(lower(violation.during), lower(trip.during)) - interval '1 hour',
                 greatest(upper(violation.during), upper(trip.during)) + interval '1 hour', '[]') AS during,
       violation.identity,
       violation_case.number AS case_number,
       coalesce(violation_case.id IS NOT NULL AND violation_case.closed_at IS NULL, false) AS open_case,
       upper(violation.during) AS ended_at
FROM violation
LEFT JOIN trip ON trip.id = violation.trip_id
LEFT JOIN case_violation ON case_violation.identity = violation.identity
LEFT JOIN violation_case ON violation_case.id = case_violation.case_id
WHERE (violation.superseded_at IS NULL AND NOT violation.withdrawn)
   OR (violation_case.id IS NOT NULL AND violation_case.closed_at IS NULL);
GRANT SELECT ON evidence_hold, violation, trip, case_violation, violation_case, terminal_binding TO motorpool_storage;

-- A pack takes the place of exactly the rows it was made of: `taken` rows of its terminal and day whose digests come to
-- `digests` by exclusive or. A fix that arrived meanwhile makes it fail, and nothing is lost. A pack that is there
-- already is replaced by one that holds as much or more.
CREATE FUNCTION pack_positions(taken bigint, digests bigint, pack position_pack) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_rows bigint;
    found_digests bigint;
BEGIN
    WITH gone AS (
        DELETE FROM public.position AS fix
        WHERE fix.terminal_id = pack.terminal_id AND fix.time >= pack.start AND fix.time < pack.start + interval '24 hours'
        RETURNING fix.digest
    ) SELECT count(*), bit_xor(digest) INTO found_rows, found_digests FROM gone;
    IF found_rows <> taken OR found_digests IS DISTINCT FROM digests THEN
        RAISE EXCEPTION 'terminal %: % fixes were packed, % are there', pack.terminal_id, taken, found_rows
            USING ERRCODE = 'serialization_failure';
    END IF;
    IF taken > pack.fixes THEN
        RAISE EXCEPTION 'terminal %: the pack holds fewer fixes than it takes', pack.terminal_id
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO public.position_pack AS known SELECT pack.*
    ON CONFLICT (terminal_id, start) DO UPDATE SET
        last_time = excluded.last_time, fixes = excluded.fixes, west = excluded.west, south = excluded.south,
        east = excluded.east, north = excluded.north, blob = excluded.blob
    WHERE excluded.fixes >= known.fixes;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'terminal %: the pack holds fewer fixes than the one it replaces', pack.terminal_id
            USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

-- Chunks that ended by `before` and hold no row any more. Looked at twice: first without a lock, which also
-- clears what deleted rows left behind, then under a lock that no writer waits for longer than two seconds.
CREATE FUNCTION drop_packed_chunks(before timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    chunk record;
    is_full boolean;
BEGIN
    FOR chunk IN
        SELECT format('%I.%I', chunk_schema, chunk_name) AS name, range_start, range_end
        FROM timescaledb_information.chunks
        WHERE hypertable_schema = 'public' AND hypertable_name = 'position' AND range_end <= before
        ORDER BY range_start
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', chunk.name) INTO is_full;
        CONTINUE WHEN is_full;
        BEGIN
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', chunk.name);
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', chunk.name) INTO is_full;
            CONTINUE WHEN is_full;
            PERFORM public.drop_chunks('public.position', older_than => chunk.range_end, newer_than => chunk.range_start);
            RETURN NEXT chunk.name;
        EXCEPTION WHEN lock_not_available OR undefined_table OR deadlock_detected THEN
            NULL;  -- somebody writes there, or dropped it before us: the next run looks again
        END;
    END LOOP;
END $$;

-- At most `most` packs whose newest fix is older than `tracks_before`, none that evidence holds.
CREATE FUNCTION expire_packs(tracks_before timestamptz, findings_before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH old AS (
        SELECT pack.terminal_id, pack.start FROM public.position_pack AS pack
        WHERE pack.start < tracks_before AND pack.last_time < tracks_before
          AND NOT EXISTS (
              SELECT FROM public.evidence_hold AS hold
              JOIN public.terminal_binding AS binding
                ON binding.vehicle_id = hold.vehicle_id AND binding.during && hold.during
              WHERE binding.terminal_id = pack.terminal_id
                AND (hold.open_case OR hold.ended_at >= findings_before)
                AND hold.during && tstzrange(pack.start, pack.last_time, '[]'))
        LIMIT most
    ), gone AS (
        DELETE FROM public.position_pack AS pack USING old
        WHERE pack.terminal_id = old.terminal_id AND pack.start = old.start
        RETURNING 1
    ) SELECT count(*) FROM gone
$$;

CREATE FUNCTION drop_old_minutes(before timestamptz) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT public.drop_chunks('public.vehicle_minute', older_than => before)
$$;

-- Of the chunks to come; between an hour and a day.
CREATE FUNCTION set_position_chunk_interval(length interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF length NOT BETWEEN interval '1 hour' AND interval '1 day' THEN
        RAISE EXCEPTION 'a chunk of positions spans an hour to a day, not %', length USING ERRCODE = 'check_violation';
    END IF;
    PERFORM public.set_chunk_time_interval('public.position', length);
END $$;

DO $$
DECLARE
    item text;
BEGIN
    FOREACH item IN ARRAY ARRAY['position', 'position_pack', 'vehicle_minute'] LOOP
        EXECUTE format('ALTER TABLE %I OWNER TO motorpool_storage', item);
    END LOOP;
    FOREACH item IN ARRAY ARRAY[
        'pack_positions(bigint, bigint, position_pack)',
        'drop_packed_chunks(timestamptz)', 'expire_packs(timestamptz, timestamptz, integer)',
        'drop_old_minutes(timestamptz)', 'set_position_chunk_interval(interval)'] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO motorpool_storage', item);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', item);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO motorpool_worker', item);
    END LOOP;
END $$;

GRANT SELECT ON position_pack, vehicle_minute TO motorpool_api, motorpool_supervision, motorpool_worker;
GRANT SELECT ON evidence_hold TO motorpool_api, motorpool_worker;
GRANT INSERT, UPDATE, DELETE ON vehicle_minute TO motorpool_worker;
-- two read the changes now, supervision and the minutes; the worker clears away what both have seen
GRANT DELETE ON position_change TO motorpool_worker;
REVOKE DELETE ON position_change FROM motorpool_supervision;
