-- +goose Up
-- Files that were uploaded, and how far each is.
CREATE TABLE imports (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    by_kind     TEXT NOT NULL,
    by_id       TEXT NOT NULL,
    via         TEXT NOT NULL,
    teams       TEXT NOT NULL,
    state       TEXT NOT NULL,
    size        BIGINT NOT NULL,
    offset_at   BIGINT NOT NULL,
    row_count   BIGINT NOT NULL,
    mapping     TEXT NOT NULL,
    live        BOOLEAN NOT NULL,
    encoding    TEXT NOT NULL,
    tally       TEXT NOT NULL,
    undo_tally  TEXT NOT NULL,
    undone_by   TEXT NOT NULL,
    problem     TEXT NOT NULL,
    cancel      BOOLEAN NOT NULL,
    file_gone   BOOLEAN NOT NULL,
    traces_gone BOOLEAN NOT NULL,
    worker      TEXT NOT NULL,
    lease_until TIMESTAMP,
    created_at  TIMESTAMP NOT NULL,
    started_at  TIMESTAMP,
    ended_at    TIMESTAMP
);
CREATE INDEX imports_waiting ON imports (id) WHERE state IN ('queued', 'running', 'undoing');

-- The file, compressed, in parts that any instance reads.
CREATE TABLE import_chunks (
    import_id TEXT NOT NULL,
    seq       BIGINT NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- Refused rows, as compressed parts of a CSV file.
CREATE TABLE import_refused (
    import_id TEXT NOT NULL,
    seq       BIGINT NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- What each transaction of an import did to each lead, and what an undo made of it.
CREATE TABLE import_traces (
    import_id TEXT NOT NULL,
    seq       BIGINT NOT NULL,
    lead_id   TEXT NOT NULL,
    made      BOOLEAN NOT NULL,
    history   BIGINT NOT NULL,
    trace     TEXT NOT NULL,
    fate      TEXT NOT NULL,
    why       TEXT NOT NULL,
    PRIMARY KEY (import_id, seq, lead_id)
);
CREATE INDEX import_traces_fate ON import_traces (import_id, fate, seq, lead_id);

-- +goose Down
DROP TABLE import_traces;
DROP TABLE import_refused;
DROP TABLE import_chunks;
DROP TABLE imports;
