-- +goose Up
-- Leads on boards whose last change rankings and boards have not heard of yet. As a
-- column of leads, each activity of such a lead wrote all of its indices anew, twice.
CREATE TABLE unannounced (
    lead_id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    since   TIMESTAMPTZ NOT NULL
);
CREATE INDEX unannounced_since ON unannounced (since, lead_id);
INSERT INTO unannounced (lead_id, version, since) SELECT id, version, unannounced_at FROM leads WHERE unannounced_at IS NOT NULL;
DROP INDEX leads_unannounced;
ALTER TABLE leads DROP COLUMN unannounced_at;

-- +goose Down
ALTER TABLE leads ADD COLUMN unannounced_at TIMESTAMPTZ;
CREATE INDEX leads_unannounced ON leads (unannounced_at) WHERE unannounced_at IS NOT NULL;
UPDATE leads SET unannounced_at = (SELECT since FROM unannounced u WHERE u.lead_id = leads.id);
DROP TABLE unannounced;
