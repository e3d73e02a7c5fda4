-- +goose Up
-- The one document that is proposed: its exact bytes, and who proposed it.
CREATE TABLE agreement_draft (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    body       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    via        TEXT NOT NULL,
    drafted_at TIMESTAMP NOT NULL
);

-- Signatures over the hash of a document's bytes. Version 0: the draft's.
CREATE TABLE agreement_signatures (
    version    BIGINT NOT NULL,
    side       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    via        TEXT NOT NULL,
    signed_at  TIMESTAMP NOT NULL,
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
