-- +goose Up
-- What people are to be told of, written by the transaction in which it happened.
-- Whoever decides who hears of it takes it away (alerts).
CREATE TABLE occasions (
    id       TEXT PRIMARY KEY,
    lead_id  TEXT NOT NULL,
    clock_id TEXT NOT NULL,
    what     TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX occasions_lead ON occasions (lead_id);

-- What each person is told, once for a clock and a happening: not before hear_at,
-- and how: '' not yet, 'loud', 'digest', or 'over' before they could hear of it.
-- What was done about it, the clock's row tells. No personal data.
CREATE TABLE alerts (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    lead_id    TEXT NOT NULL,
    clock_id   TEXT NOT NULL,
    what       TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    noted_at   TIMESTAMPTZ NOT NULL,
    hear_at    TIMESTAMPTZ NOT NULL,
    heard_at   TIMESTAMPTZ,
    how        TEXT NOT NULL,
    read_at    TIMESTAMPTZ
);
CREATE UNIQUE INDEX alerts_once ON alerts (lead_id, clock_id, what, user_id);
CREATE INDEX alerts_feed ON alerts (user_id, noted_at, id);
CREATE INDEX alerts_waiting ON alerts (hear_at) WHERE heard_at IS NULL;
CREATE INDEX alerts_heard ON alerts (user_id, heard_at);

-- +goose Down
DROP TABLE alerts;
DROP TABLE occasions;
