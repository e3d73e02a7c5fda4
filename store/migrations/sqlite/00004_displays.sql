-- +goose Up
-- Screens on walls. token is the keyed hash of the link's token.
CREATE TABLE displays (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    team_id    TEXT NOT NULL REFERENCES teams (id),
    privacy    TEXT NOT NULL,
    token      TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    linked_at  TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    seen_at    TIMESTAMP
);
CREATE INDEX history_wins ON history (recorded_at) WHERE move = 'win';

-- +goose Down
DROP INDEX history_wins;
DROP TABLE displays;
