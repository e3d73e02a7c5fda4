-- +goose Up
CREATE TABLE settings (
    key   TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE teams (
    id            TEXT COLLATE "C" PRIMARY KEY,
    slug          TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT COLLATE "C" NOT NULL UNIQUE,
    route         TEXT COLLATE "C" NOT NULL,
    calendar      TEXT COLLATE "C" NOT NULL,
    max_claimed   BIGINT NOT NULL,
    max_untouched BIGINT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    disabled_at   TIMESTAMPTZ
);

CREATE TABLE users (
    id          TEXT COLLATE "C" PRIMARY KEY,
    email       TEXT COLLATE "C" NOT NULL UNIQUE,
    name        TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    password    TEXT COLLATE "C" NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    away_until  TIMESTAMPTZ,
    holds       BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE memberships (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    team_id   TEXT COLLATE "C" NOT NULL REFERENCES teams (id),
    joined_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, team_id)
);

CREATE TABLE keys (
    id         TEXT COLLATE "C" PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    hint       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

CREATE TABLE sessions (
    token  TEXT COLLATE "C" PRIMARY KEY,
    data   BYTEA NOT NULL,
    expiry TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

CREATE TABLE agreements (
    version      BIGINT PRIMARY KEY,
    body         TEXT COLLATE "C" NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    activated_at TIMESTAMPTZ
);

CREATE TABLE exclusions (
    kind       TEXT COLLATE "C" NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, value)
);

CREATE TABLE leads (
    id               TEXT COLLATE "C" PRIMARY KEY,
    version          BIGINT NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    updated_at       TIMESTAMPTZ NOT NULL,
    stage            TEXT COLLATE "C" NOT NULL,
    owner_id         TEXT COLLATE "C",
    team_id          TEXT COLLATE "C",
    touched          BOOLEAN NOT NULL,
    user_id          TEXT COLLATE "C" NOT NULL,
    email            TEXT COLLATE "C" NOT NULL,
    phone            TEXT COLLATE "C" NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    company          TEXT COLLATE "C" NOT NULL,
    title            TEXT COLLATE "C" NOT NULL,
    country          TEXT COLLATE "C" NOT NULL,
    source           TEXT COLLATE "C" NOT NULL,
    traits           TEXT COLLATE "C" NOT NULL,
    trait_times      TEXT COLLATE "C" NOT NULL,
    score            DOUBLE PRECISION NOT NULL,
    tier             TEXT COLLATE "C" NOT NULL,
    backlog          BOOLEAN NOT NULL,
    held_back        TEXT COLLATE "C" NOT NULL,
    life             TEXT COLLATE "C" NOT NULL,
    history_seq      BIGINT NOT NULL,
    undo             TEXT COLLATE "C" NOT NULL,
    model            BIGINT NOT NULL,
    ledger           TEXT COLLATE "C" NOT NULL,
    since            TEXT COLLATE "C" NOT NULL,
    last_activity_at TIMESTAMPTZ,
    merged_into      TEXT COLLATE "C" NOT NULL,
    wake_at          TIMESTAMPTZ,
    unannounced_at   TIMESTAMPTZ
);
CREATE INDEX leads_board ON leads (team_id, stage) WHERE stage IN ('mql', 'claimed', 'sal');
CREATE INDEX leads_teamless ON leads (id) WHERE team_id IS NULL AND stage IN ('mql', 'claimed', 'sal', 'sql');
CREATE INDEX leads_owner ON leads (owner_id, stage) WHERE owner_id IS NOT NULL;
CREATE INDEX leads_wake ON leads (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX leads_unannounced ON leads (unannounced_at) WHERE unannounced_at IS NOT NULL;
CREATE INDEX leads_updated ON leads (updated_at, id);

-- Words that a search finds a lead by: folded, by prefix.
CREATE TABLE lead_words (
    word    TEXT COLLATE "C" NOT NULL,
    lead_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (word, lead_id)
);
CREATE INDEX lead_words_lead ON lead_words (lead_id);

CREATE TABLE identities (
    kind       TEXT COLLATE "C" NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    lead_id    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX identities_lead ON identities (lead_id);

CREATE TABLE duplicates (
    lead_a  TEXT COLLATE "C" NOT NULL,
    lead_b  TEXT COLLATE "C" NOT NULL,
    cause   TEXT COLLATE "C" NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (lead_a, lead_b)
);

CREATE TABLE message_ids (
    message_id  TEXT COLLATE "C" PRIMARY KEY,
    received_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE activities (
    message_id  TEXT COLLATE "C" NOT NULL,
    lead_id     TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    event       TEXT COLLATE "C" NOT NULL,
    properties  TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    said_at     TIMESTAMPTZ
);
CREATE INDEX activities_lead ON activities (lead_id, occurred_at, message_id);

CREATE TABLE history (
    lead_id      TEXT COLLATE "C" NOT NULL,
    seq          BIGINT NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    occurred_at  TIMESTAMPTZ NOT NULL,
    move         TEXT COLLATE "C" NOT NULL,
    from_stage   TEXT COLLATE "C" NOT NULL,
    to_stage     TEXT COLLATE "C" NOT NULL,
    actor_kind   TEXT COLLATE "C" NOT NULL,
    actor_id     TEXT COLLATE "C" NOT NULL,
    via          TEXT COLLATE "C" NOT NULL,
    owner_before TEXT COLLATE "C" NOT NULL,
    owner_after  TEXT COLLATE "C" NOT NULL,
    team_before  TEXT COLLATE "C" NOT NULL,
    team_after   TEXT COLLATE "C" NOT NULL,
    tier         TEXT COLLATE "C" NOT NULL,
    score        DOUBLE PRECISION NOT NULL,
    source       TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    agreement    BIGINT NOT NULL,
    cause        TEXT COLLATE "C" NOT NULL,
    undo_of      BIGINT NOT NULL,
    channel      TEXT COLLATE "C" NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL,
    amount       BIGINT NOT NULL,
    counted      BOOLEAN NOT NULL,
    PRIMARY KEY (lead_id, seq)
);
CREATE INDEX history_moment ON history (occurred_at);

CREATE TABLE notes (
    lead_id TEXT COLLATE "C" NOT NULL,
    seq     BIGINT NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lead_id, seq)
);

-- Durations are microseconds of business time.
CREATE TABLE clocks (
    id            TEXT COLLATE "C" PRIMARY KEY,
    lead_id       TEXT COLLATE "C" NOT NULL,
    owner_id      TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    tier          TEXT COLLATE "C" NOT NULL,
    is_current    BOOLEAN NOT NULL,
    target        BIGINT NOT NULL,
    used          BIGINT NOT NULL,
    started_at    TIMESTAMPTZ NOT NULL,
    risk_at       TIMESTAMPTZ NOT NULL,
    due_at        TIMESTAMPTZ NOT NULL,
    waiting_since TIMESTAMPTZ,
    at_risk_at    TIMESTAMPTZ,
    breached_at   TIMESTAMPTZ,
    stopped_at    TIMESTAMPTZ,
    outcome       TEXT COLLATE "C" NOT NULL
);
CREATE INDEX clocks_lead ON clocks (lead_id);
CREATE INDEX clocks_running ON clocks (due_at) WHERE stopped_at IS NULL;
CREATE INDEX clocks_stopped ON clocks (stopped_at) WHERE stopped_at IS NOT NULL;

CREATE TABLE outbox (
    id            TEXT COLLATE "C" PRIMARY KEY,
    lead_id       TEXT COLLATE "C" NOT NULL,
    seq           BIGINT NOT NULL,
    topic         TEXT COLLATE "C" NOT NULL,
    data          TEXT COLLATE "C" NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    not_before    TIMESTAMPTZ NOT NULL,
    dispatched_at TIMESTAMPTZ
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
