-- +goose Up
-- Who did which administrative act: lines are added and never changed.
CREATE TABLE acts (
    id         TEXT COLLATE "C" PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    what       TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    detail     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX acts_at ON acts (at, id);
CREATE INDEX acts_actor ON acts (actor_id, at);

-- +goose Down
DROP TABLE acts;
