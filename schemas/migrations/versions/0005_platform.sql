-- What every part stands on: audit entries, notifications outbox, timers, attachments.

-- Written in the transaction of the change it speaks of (DESIGN 4.5). Insert-only: no role may update or delete.
CREATE TABLE audit_entry (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at           timestamptz NOT NULL,
    account_id   integer REFERENCES account,      -- null: a process of ours, named in actor
    actor        text NOT NULL,
    action       text NOT NULL,                   -- request.approved, run.confirmed, case.cleared, ...
    subject_kind text NOT NULL,
    subject_id   text NOT NULL,
    payload      jsonb NOT NULL
);
CREATE INDEX audit_subject ON audit_entry (subject_kind, subject_id);

-- What the outside should hear of; one relay reads it by (xid, id) and fans out.
CREATE TABLE notification (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid      xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at       timestamptz NOT NULL,
    topic    text NOT NULL,                       -- request, proposal, run, alert, trip, case
    subject_id text NOT NULL,
    organisation_id integer REFERENCES organisation,  -- null: everybody of the pool
    account_id      integer REFERENCES account,       -- set: for this person alone
    payload  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX notification_cursor ON notification (xid, id);

-- A timer is a row with a due time on our clock; a ticker hands due ones to the job queue.
CREATE TABLE timer (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    due_at     timestamptz NOT NULL,
    kind       text NOT NULL,                     -- acceptance, approval_reminder, proposal_expiry, retention, ...
    subject_id text NOT NULL,
    payload    jsonb NOT NULL DEFAULT '{}',
    handed_at  timestamptz,
    UNIQUE (kind, subject_id)
);
CREATE INDEX timer_due ON timer (due_at) WHERE (handed_at IS NULL);

CREATE TABLE attachment (
    id           uuid PRIMARY KEY,
    subject_kind text NOT NULL,
    subject_id   text NOT NULL,
    media_type   text NOT NULL,
    size_bytes   integer NOT NULL CHECK (size_bytes > 0),
    sha256       bytea NOT NULL,
    uploaded_by  integer NOT NULL REFERENCES account,
    uploaded_at  timestamptz NOT NULL
);
