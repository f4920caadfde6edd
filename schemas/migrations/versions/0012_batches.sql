-- Two things ingest tells of every terminal in every batch cost it more than the fixes themselves, as rows: which windows
-- changed, and how far each terminal is acknowledged. Both become one row a transaction, of arrays.

-- Windows of fixes that arrived since anybody looked, a row for each transaction. Readers go by (xid, id) below
-- pg_snapshot_xmin: a serial cursor alone skips rows committed late.
ALTER TABLE position_change RENAME TO position_change_by_terminal;
ALTER TABLE position_change_by_terminal RENAME CONSTRAINT position_change_pkey TO position_change_by_terminal_pkey;
ALTER SEQUENCE position_change_id_seq RENAME TO position_change_by_terminal_id_seq;
CREATE TABLE position_change (
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id           bigint GENERATED ALWAYS AS IDENTITY,
    terminal_ids integer[] NOT NULL,
    changed_from timestamptz[] NOT NULL,        -- of each terminal, inclusive
    changed_to   timestamptz[] NOT NULL,        -- inclusive
    PRIMARY KEY (xid, id),
    CONSTRAINT position_change_window CHECK (
        cardinality(changed_from) = cardinality(terminal_ids) AND cardinality(changed_to) = cardinality(terminal_ids))
);
-- Compressing numbers of no pattern costs time and saves nothing; rows live for seconds.
ALTER TABLE position_change ALTER terminal_ids SET STORAGE EXTERNAL,
    ALTER changed_from SET STORAGE EXTERNAL, ALTER changed_to SET STORAGE EXTERNAL;
INSERT INTO position_change (xid, id, terminal_ids, changed_from, changed_to) OVERRIDING SYSTEM VALUE
SELECT xid, id, ARRAY[terminal_id], ARRAY[changed_from], ARRAY[changed_to] FROM position_change_by_terminal;
SELECT setval('position_change_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM position_change_by_terminal));
DROP TABLE position_change_by_terminal;
GRANT SELECT, INSERT ON position_change TO motorpool_ingest, motorpool_api;
GRANT SELECT ON position_change TO motorpool_supervision, motorpool_planner;
GRANT SELECT, DELETE ON position_change TO motorpool_worker;

-- What terminal_progress does not say yet: how far the terminals of each transaction are acknowledged that went on without a
-- gap. Folded into terminal_progress every few seconds, and before anybody relies on it.
CREATE TABLE terminal_progress_journal (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terminal_ids     integer[] NOT NULL,
    boot             integer[] NOT NULL,
    upto             bigint[] NOT NULL,
    last_received_at timestamptz[] NOT NULL,
    receive_lag_s    real[] NOT NULL,
    clock_skew_s     real[] NOT NULL
);
ALTER TABLE terminal_progress_journal ALTER terminal_ids SET STORAGE EXTERNAL, ALTER boot SET STORAGE EXTERNAL,
    ALTER upto SET STORAGE EXTERNAL, ALTER last_received_at SET STORAGE EXTERNAL,
    ALTER receive_lag_s SET STORAGE EXTERNAL, ALTER clock_skew_s SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, DELETE ON terminal_progress_journal TO motorpool_ingest;
GRANT USAGE ON SEQUENCE terminal_progress_journal_id_seq TO motorpool_ingest;
