-- +goose Up
-- Screens on walls. token is the keyed hash of the link's token.
CREATE TABLE displays (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    team_id    TEXT COLLATE "C" NOT NULL REFERENCES teams (id),
    privacy    TEXT COLLATE "C" NOT NULL,
    token      TEXT COLLATE "C" NOT NULL UNIQUE,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    linked_at  TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    seen_at    TIMESTAMPTZ
);
CREATE INDEX history_wins ON history (recorded_at) WHERE move = 'win';

-- +goose Down
DROP INDEX history_wins;
DROP TABLE displays;
