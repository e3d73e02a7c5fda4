-- +goose Up
-- An activity changes a lead's score and updated_at. In an index, either of them
-- has every index of the lead written anew, with each activity. So lists go by
-- when a lead last changed what they show, or by the last hour (listed_at), and
-- the backlog by a score that only leads in it have.
-- Room in each page for the next version of a row.
ALTER TABLE leads SET (fillfactor = 70);
ALTER TABLE leads ADD COLUMN listed_at TIMESTAMPTZ DEFAULT now();
UPDATE leads SET listed_at = updated_at;
ALTER TABLE leads ADD COLUMN backlog_score DOUBLE PRECISION;
UPDATE leads SET backlog_score = score WHERE hold = 'backlog';
DROP INDEX leads_updated;
CREATE INDEX leads_listed ON leads (listed_at, id, stage, team_id, owner_id, tier, source) WHERE merged_into = '';
DROP INDEX leads_hold;
CREATE INDEX leads_hold ON leads (listed_at, id, hold, hold_ends, team_id) WHERE hold <> '' AND merged_into = '';
DROP INDEX leads_backlog;
CREATE INDEX leads_backlog ON leads (team_id, backlog_score, id) WHERE hold = 'backlog' AND merged_into = '';

-- +goose Down
ALTER TABLE leads RESET (fillfactor);
DROP INDEX leads_backlog;
CREATE INDEX leads_backlog ON leads (team_id, score, id) WHERE hold = 'backlog' AND merged_into = '';
DROP INDEX leads_hold;
CREATE INDEX leads_hold ON leads (updated_at, id, hold, hold_ends, team_id) WHERE hold <> '' AND merged_into = '';
DROP INDEX leads_listed;
CREATE INDEX leads_updated ON leads (updated_at, id, stage, team_id, owner_id, tier, source) WHERE merged_into = '';
ALTER TABLE leads DROP COLUMN backlog_score;
ALTER TABLE leads DROP COLUMN listed_at;
