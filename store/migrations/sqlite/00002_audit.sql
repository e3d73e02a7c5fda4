-- +goose Up
-- Who did which administrative act: lines are added and never changed.
CREATE TABLE acts (
    id         TEXT PRIMARY KEY,
    at         TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    via        TEXT NOT NULL,
    what       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL
);
CREATE INDEX acts_at ON acts (at, id);
CREATE INDEX acts_actor ON acts (actor_id, at);

-- +goose Down
DROP TABLE acts;
