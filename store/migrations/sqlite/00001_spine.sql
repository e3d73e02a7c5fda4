-- +goose Up
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE teams (
    id            TEXT PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    route         TEXT NOT NULL,
    calendar      TEXT NOT NULL,
    max_claimed   BIGINT NOT NULL,
    max_untouched BIGINT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    disabled_at   TIMESTAMP
);

CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    email       TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    password    TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP,
    away_until  TIMESTAMP,
    holds       BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE memberships (
    user_id   TEXT NOT NULL REFERENCES users (id),
    team_id   TEXT NOT NULL REFERENCES teams (id),
    joined_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, team_id)
);

CREATE TABLE keys (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    hint       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);

CREATE TABLE sessions (
    token  TEXT PRIMARY KEY,
    data   BLOB NOT NULL,
    expiry TIMESTAMP NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

CREATE TABLE agreements (
    version      BIGINT PRIMARY KEY,
    body         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    activated_at TIMESTAMP
);

CREATE TABLE exclusions (
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, value)
);

CREATE TABLE leads (
    id               TEXT PRIMARY KEY,
    version          BIGINT NOT NULL,
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL,
    stage            TEXT NOT NULL,
    owner_id         TEXT,
    team_id          TEXT,
    touched          BOOLEAN NOT NULL,
    user_id          TEXT NOT NULL,
    email            TEXT NOT NULL,
    phone            TEXT NOT NULL,
    name             TEXT NOT NULL,
    company          TEXT NOT NULL,
    title            TEXT NOT NULL,
    country          TEXT NOT NULL,
    source           TEXT NOT NULL,
    traits           TEXT NOT NULL,
    trait_times      TEXT NOT NULL,
    score            DOUBLE PRECISION NOT NULL,
    tier             TEXT NOT NULL,
    backlog          BOOLEAN NOT NULL,
    held_back        TEXT NOT NULL,
    life             TEXT NOT NULL,
    history_seq      BIGINT NOT NULL,
    undo             TEXT NOT NULL,
    model            BIGINT NOT NULL,
    ledger           TEXT NOT NULL,
    since            TEXT NOT NULL,
    last_activity_at TIMESTAMP,
    merged_into      TEXT NOT NULL,
    wake_at          TIMESTAMP,
    unannounced_at   TIMESTAMP
);
CREATE INDEX leads_board ON leads (team_id, stage) WHERE stage IN ('mql', 'claimed', 'sal');
CREATE INDEX leads_teamless ON leads (id) WHERE team_id IS NULL AND stage IN ('mql', 'claimed', 'sal', 'sql');
CREATE INDEX leads_owner ON leads (owner_id, stage) WHERE owner_id IS NOT NULL;
CREATE INDEX leads_wake ON leads (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX leads_unannounced ON leads (unannounced_at) WHERE unannounced_at IS NOT NULL;
CREATE INDEX leads_updated ON leads (updated_at, id);

-- Words that a search finds a lead by: folded, by prefix.
CREATE TABLE lead_words (
    word    TEXT NOT NULL,
    lead_id TEXT NOT NULL,
    PRIMARY KEY (word, lead_id)
);
CREATE INDEX lead_words_lead ON lead_words (lead_id);

CREATE TABLE identities (
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    lead_id    TEXT NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX identities_lead ON identities (lead_id);

CREATE TABLE duplicates (
    lead_a  TEXT NOT NULL,
    lead_b  TEXT NOT NULL,
    cause   TEXT NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (lead_a, lead_b)
);

CREATE TABLE message_ids (
    message_id  TEXT PRIMARY KEY,
    received_at TIMESTAMP NOT NULL
);

CREATE TABLE activities (
    message_id  TEXT NOT NULL,
    lead_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    event       TEXT NOT NULL,
    properties  TEXT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    said_at     TIMESTAMP
);
CREATE INDEX activities_lead ON activities (lead_id, occurred_at, message_id);

CREATE TABLE history (
    lead_id      TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    recorded_at  TIMESTAMP NOT NULL,
    occurred_at  TIMESTAMP NOT NULL,
    move         TEXT NOT NULL,
    from_stage   TEXT NOT NULL,
    to_stage     TEXT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor_id     TEXT NOT NULL,
    via          TEXT NOT NULL,
    owner_before TEXT NOT NULL,
    owner_after  TEXT NOT NULL,
    team_before  TEXT NOT NULL,
    team_after   TEXT NOT NULL,
    tier         TEXT NOT NULL,
    score        DOUBLE PRECISION NOT NULL,
    source       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    agreement    BIGINT NOT NULL,
    cause        TEXT NOT NULL,
    undo_of      BIGINT NOT NULL,
    channel      TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    counted      BOOLEAN NOT NULL,
    PRIMARY KEY (lead_id, seq)
);
CREATE INDEX history_moment ON history (occurred_at);

CREATE TABLE notes (
    lead_id TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (lead_id, seq)
);

-- Durations are microseconds of business time.
CREATE TABLE clocks (
    id            TEXT PRIMARY KEY,
    lead_id       TEXT NOT NULL,
    owner_id      TEXT NOT NULL,
    kind          TEXT NOT NULL,
    tier          TEXT NOT NULL,
    is_current    BOOLEAN NOT NULL,
    target        BIGINT NOT NULL,
    used          BIGINT NOT NULL,
    started_at    TIMESTAMP NOT NULL,
    risk_at       TIMESTAMP NOT NULL,
    due_at        TIMESTAMP NOT NULL,
    waiting_since TIMESTAMP,
    at_risk_at    TIMESTAMP,
    breached_at   TIMESTAMP,
    stopped_at    TIMESTAMP,
    outcome       TEXT NOT NULL
);
CREATE INDEX clocks_lead ON clocks (lead_id);
CREATE INDEX clocks_running ON clocks (due_at) WHERE stopped_at IS NULL;
CREATE INDEX clocks_stopped ON clocks (stopped_at) WHERE stopped_at IS NOT NULL;

CREATE TABLE outbox (
    id            TEXT PRIMARY KEY,
    lead_id       TEXT NOT NULL,
    seq           BIGINT NOT NULL,
    topic         TEXT NOT NULL,
    data          TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    not_before    TIMESTAMP NOT NULL,
    dispatched_at TIMESTAMP
);
CREATE INDEX outbox_lead ON outbox (lead_id, seq);
CREATE INDEX outbox_pending ON outbox (not_before) WHERE dispatched_at IS NULL;

-- +goose Down
DROP TABLE outbox;
DROP TABLE clocks;
DROP TABLE notes;
DROP TABLE history;
DROP TABLE activities;
DROP TABLE message_ids;
DROP TABLE duplicates;
DROP TABLE identities;
DROP TABLE lead_words;
DROP TABLE leads;
DROP TABLE exclusions;
DROP TABLE agreements;
DROP TABLE sessions;
DROP TABLE keys;
DROP TABLE memberships;
DROP TABLE users;
DROP TABLE teams;
DROP TABLE settings;
