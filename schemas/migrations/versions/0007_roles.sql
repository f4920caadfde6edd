-- One database role per process, with just the rights it needs. They own nothing and cannot log in until
-- somebody gives them a password (the local stack does; in production the administrator).
DO $$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['motorpool_api', 'motorpool_ingest', 'motorpool_planner',
                                     'motorpool_supervision', 'motorpool_worker'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- roles belong to the cluster, not to this database
        END;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO motorpool_api, motorpool_ingest, motorpool_planner, motorpool_supervision, motorpool_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO motorpool_api, motorpool_planner, motorpool_supervision, motorpool_worker;
REVOKE SELECT ON account, account_session FROM motorpool_planner, motorpool_supervision, motorpool_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public
    TO motorpool_api, motorpool_ingest, motorpool_planner, motorpool_supervision, motorpool_worker;

-- ingest: writes telemetry, reads who a terminal is
GRANT SELECT ON terminal, terminal_binding TO motorpool_ingest;
GRANT SELECT, INSERT, UPDATE ON position, vehicle_state, terminal_progress, terminal_event, dead_letter, position_change
    TO motorpool_ingest;
REVOKE UPDATE ON position FROM motorpool_ingest;  -- raw is raw (DESIGN 4.4)

-- api: the office
GRANT INSERT, UPDATE ON organisation, account, account_session, depot, bay, vehicle, driver, shift, terminal,
    terminal_binding, place, geofence, calendar_day, request, run, run_stop, vehicle_reservation, driver_reservation,
    run_step, proposal, violation_case, case_violation, case_entry, notification, timer, attachment, change_cursor,
    supervision_work, dead_letter, position_change
    TO motorpool_api;
GRANT DELETE ON account_session, shift, run_stop, timer, calendar_day TO motorpool_api;
GRANT INSERT ON audit_entry TO motorpool_api, motorpool_planner, motorpool_supervision, motorpool_worker;

-- planner: proposals, never runs (DESIGN 4.7)
GRANT INSERT, UPDATE ON proposal, travel_time, planner_lease, change_cursor TO motorpool_planner;
GRANT DELETE ON travel_time TO motorpool_planner;
GRANT INSERT ON notification TO motorpool_planner, motorpool_supervision, motorpool_worker;

-- supervision: findings and the cases they open
GRANT INSERT, UPDATE ON supervision_work, trip, violation, violation_case, case_violation, case_entry, change_cursor
    TO motorpool_supervision;
GRANT DELETE ON position_change TO motorpool_supervision;

-- worker: timers and jobs
GRANT INSERT, UPDATE ON timer, request, run, vehicle_reservation, driver_reservation, proposal, violation_case, case_entry,
    change_cursor, supervision_work TO motorpool_worker;
GRANT DELETE ON timer, notification TO motorpool_worker;
DO $$
DECLARE item record;
BEGIN
    FOR item IN SELECT c.oid::regclass AS name FROM pg_class c
                WHERE c.relname LIKE 'procrastinate\_%' AND c.relkind IN ('r', 'v') LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO motorpool_worker, motorpool_api', item.name);
    END LOOP;
END $$;
