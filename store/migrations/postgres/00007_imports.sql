-- +goose Up
-- Files that were uploaded, and how far each is.
CREATE TABLE imports (
    id          TEXT COLLATE "C" PRIMARY KEY,
    name        TEXT COLLATE "C" NOT NULL,
    by_kind     TEXT COLLATE "C" NOT NULL,
    by_id       TEXT COLLATE "C" NOT NULL,
    via         TEXT COLLATE "C" NOT NULL,
    teams       TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    size        BIGINT NOT NULL,
    offset_at   BIGINT NOT NULL,
    row_count   BIGINT NOT NULL,
    mapping     TEXT COLLATE "C" NOT NULL,
    live        BOOLEAN NOT NULL,
    encoding    TEXT COLLATE "C" NOT NULL,
    tally       TEXT COLLATE "C" NOT NULL,
    undo_tally  TEXT COLLATE "C" NOT NULL,
    undone_by   TEXT COLLATE "C" NOT NULL,
    problem     TEXT COLLATE "C" NOT NULL,
    cancel      BOOLEAN NOT NULL,
    file_gone   BOOLEAN NOT NULL,
    traces_gone BOOLEAN NOT NULL,
    worker      TEXT COLLATE "C" NOT NULL,
    lease_until TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ
);
CREATE INDEX imports_waiting ON imports (id) WHERE state IN ('queued', 'running', 'undoing');

-- The file, compressed, in parts that any instance reads.
CREATE TABLE import_chunks (
    import_id TEXT COLLATE "C" NOT NULL,
    seq       BIGINT NOT NULL,
    body      BYTEA NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- Refused rows, as compressed parts of a CSV file.
CREATE TABLE import_refused (
    import_id TEXT COLLATE "C" NOT NULL,
    seq       BIGINT NOT NULL,
    body      BYTEA NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- What each transaction of an import did to each lead, and what an undo made of it.
CREATE TABLE import_traces (
    import_id TEXT COLLATE "C" NOT NULL,
    seq       BIGINT NOT NULL,
    lead_id   TEXT COLLATE "C" NOT NULL,
    made      BOOLEAN NOT NULL,
    history   BIGINT NOT NULL,
    trace     TEXT COLLATE "C" NOT NULL,
    fate      TEXT COLLATE "C" NOT NULL,
    why       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, seq, lead_id)
);
CREATE INDEX import_traces_fate ON import_traces (import_id, fate, seq, lead_id);

-- +goose Down
DROP TABLE import_traces;
DROP TABLE import_refused;
DROP TABLE import_chunks;
DROP TABLE imports;
