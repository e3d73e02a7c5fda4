-- +goose Up
-- What keeps a lead off the board that sales could want, and until when, if
-- nothing happens. Rows of before learn it with their next change.
ALTER TABLE leads ADD COLUMN hold TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN hold_ends TIMESTAMPTZ;
UPDATE leads SET hold = CASE WHEN held_back <> '' THEN 'excluded' ELSE 'backlog' END WHERE stage = 'nurture' AND (backlog OR held_back <> '');
UPDATE leads SET team_id = (SELECT id FROM teams ORDER BY created_at, id LIMIT 1) WHERE backlog AND team_id IS NULL AND merged_into = '';
CREATE INDEX leads_hold ON leads (updated_at, id, hold, hold_ends, team_id) WHERE hold <> '' AND merged_into = '';
CREATE INDEX leads_backlog ON leads (team_id, score, id) WHERE hold = 'backlog' AND merged_into = '';

-- Lists of leads are read from these alone, whatever they are narrowed to.
DROP INDEX leads_updated;
CREATE INDEX leads_updated ON leads (updated_at, id, stage, team_id, owner_id, tier, source) WHERE merged_into = '';
CREATE INDEX leads_newest ON leads (id, stage, team_id, owner_id, tier, source) WHERE merged_into = '';
-- Only to leap from one source to the next: a plain column would lure planners away from the lists' order.
CREATE INDEX leads_source ON leads ((source || ''));
DROP INDEX lead_words_lead;
CREATE INDEX lead_words_lead ON lead_words (lead_id, word);

CREATE INDEX duplicates_b ON duplicates (lead_b);
CREATE INDEX duplicates_seen ON duplicates (seen_at, lead_a, lead_b);

-- How a team's backlog goes to its board by itself.
CREATE TABLE drips (
    team_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES teams (id),
    per_rep    BIGINT NOT NULL,
    next_at    TIMESTAMPTZ,
    set_by     TEXT COLLATE "C" NOT NULL,
    set_at     TIMESTAMPTZ,
    last_at    TIMESTAMPTZ,
    last_n     BIGINT NOT NULL,
    pending    BIGINT NOT NULL,
    pending_by TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE drips;
DROP INDEX duplicates_seen;
DROP INDEX duplicates_b;
DROP INDEX lead_words_lead;
CREATE INDEX lead_words_lead ON lead_words (lead_id);
DROP INDEX leads_source;
DROP INDEX leads_newest;
DROP INDEX leads_updated;
CREATE INDEX leads_updated ON leads (updated_at, id);
DROP INDEX leads_backlog;
DROP INDEX leads_hold;
ALTER TABLE leads DROP COLUMN hold_ends;
ALTER TABLE leads DROP COLUMN hold;
