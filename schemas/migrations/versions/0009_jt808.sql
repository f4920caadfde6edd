-- What a JT/T 808 terminal said of itself when it registered. Its `terminal.code` is its phone number without
-- leading zeros. The first device to register under a number keeps it until the office releases it.
CREATE TABLE jt808_terminal (
    terminal_id      integer PRIMARY KEY REFERENCES terminal,
    auth_digest      bytea NOT NULL,             -- SHA-256 of the authentication code, which is nowhere else
    version          smallint NOT NULL CHECK (version IN (2011, 2013, 2019)),
    manufacturer     text NOT NULL,
    model            text NOT NULL,
    device           text NOT NULL,              -- the manufacturer's own number of it
    plate            text NOT NULL,              -- as the terminal was told; may differ from the vehicle's
    plate_colour     smallint NOT NULL,
    province         integer NOT NULL,           -- GB/T 2260, first two digits
    city             integer NOT NULL,           -- its last four
    registered_at    timestamptz NOT NULL,
    authenticated_at timestamptz,
    imei             text NOT NULL DEFAULT '',
    software         text NOT NULL DEFAULT ''
);

-- What the office wants a terminal to do. The gateway that holds its connection sends it.
CREATE TABLE terminal_command (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terminal_id integer NOT NULL REFERENCES terminal,
    kind        text NOT NULL CHECK (kind IN ('text', 'parameter', 'locate')),
    content     jsonb NOT NULL DEFAULT '{}',
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,            -- not sent after this
    issued_by   integer REFERENCES account,      -- null: from the command line
    status      text NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'sent', 'done', 'refused', 'unanswered', 'expired')),
    sent_at     timestamptz,
    answered_at timestamptz,
    result      smallint,                        -- of 0x0001: 0 done, 1 failed, 2 wrong message, 3 not supported
    answer      jsonb
);
CREATE INDEX terminal_command_open ON terminal_command (terminal_id, id) WHERE status IN ('pending', 'sent');

GRANT SELECT ON jt808_terminal, terminal_command TO motorpool_api, motorpool_ingest;
GRANT INSERT, UPDATE, DELETE ON jt808_terminal TO motorpool_ingest;
GRANT DELETE ON jt808_terminal TO motorpool_api;
GRANT INSERT, UPDATE ON terminal_command TO motorpool_ingest;
GRANT INSERT ON terminal_command TO motorpool_api;
