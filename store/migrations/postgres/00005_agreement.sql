-- +goose Up
-- The one document that is proposed: its exact bytes, and who proposed it.
CREATE TABLE agreement_draft (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    body       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    drafted_at TIMESTAMPTZ NOT NULL
);

-- Signatures over the hash of a document's bytes. Version 0: the draft's.
CREATE TABLE agreement_signatures (
    version    BIGINT NOT NULL,
    side       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    signed_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (version, side)
);

-- Leads that were scored by an older agreement, those on boards first.
CREATE INDEX leads_model ON leads (model, id) WHERE merged_into = '';
CREATE INDEX leads_model_board ON leads (model, id) WHERE merged_into = '' AND stage IN ('mql', 'claimed', 'sal');

-- +goose Down
DROP INDEX leads_model_board;
DROP INDEX leads_model;
DROP TABLE agreement_signatures;
DROP TABLE agreement_draft;
