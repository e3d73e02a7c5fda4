-- +goose Up
-- Whose a session is, and what its owner recognises it by. Those that began
-- before are described when they are next seen.
ALTER TABLE sessions ADD COLUMN user_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN created_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN seen_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN address TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX sessions_user ON sessions (user_id);

ALTER TABLE keys ADD COLUMN used_at TIMESTAMPTZ;

-- One-time links: invites, and resets of passwords. Only the keyed hash of what
-- stands in the link is kept.
CREATE TABLE links (
    id         TEXT COLLATE "C" PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL UNIQUE,
    user_id    TEXT COLLATE "C" NOT NULL,
    email      TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    teams      TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    ended_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX links_invited ON links (email) WHERE kind = 'invite' AND used_at IS NULL AND ended_at IS NULL;
CREATE INDEX links_user ON links (user_id);

-- What is claimed and not decided, among all that ever had an owner.
CREATE INDEX leads_claimed ON leads (owner_id, team_id) WHERE stage = 'claimed';

-- +goose Down
DROP INDEX leads_claimed;
DROP TABLE links;
ALTER TABLE keys DROP COLUMN used_at;
DROP INDEX sessions_user;
ALTER TABLE sessions DROP COLUMN agent;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN seen_at;
ALTER TABLE sessions DROP COLUMN created_at;
ALTER TABLE sessions DROP COLUMN user_id;
