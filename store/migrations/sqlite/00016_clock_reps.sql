-- +goose Up
-- Who had to act by a clock is one rule (lead.Clock.Rep), for lists and for reports: of
-- a decision or a touch who held the lead, of a response that runs who holds it, of the
-- others who ended the wait. So a lead that somebody claimed and did not call yet waits
-- on them in every figure.
DROP INDEX clocks_facts;
ALTER TABLE clocks DROP COLUMN fact_sort;
ALTER TABLE clocks ADD COLUMN rep_id TEXT GENERATED ALWAYS AS (CASE WHEN kind IN ('decision', 'touch') OR kind = 'response' AND stopped_at IS NULL THEN owner_id ELSE stopped_owner END) VIRTUAL;
ALTER TABLE clocks ADD COLUMN fact_sort TEXT GENERATED ALWAYS AS (kind || '|' || outcome || '|'
    || CASE WHEN stopped_at IS NULL THEN 'r' ELSE '' END
    || CASE WHEN CASE kind WHEN 'claim' THEN stopped_owner <> '' WHEN 'decision' THEN stopped_move IN ('accept', 'return') ELSE stopped_move = 'touch' END THEN 'd' ELSE '' END
    || CASE WHEN waiting_since IS NOT NULL AND kind IN ('claim', 'response') THEN 'c' ELSE '' END
    || CASE WHEN counted THEN 'm' ELSE '' END
    || CASE WHEN stopped_kind = 'key' OR stopped_via = 'api' THEN 'v' ELSE '' END
    || '|' || tier || '|' || team_id || '|' || rep_id || '|' || source) VIRTUAL;
UPDATE clocks SET owner_id = COALESCE((SELECT l.owner_id FROM leads l WHERE l.id = clocks.lead_id), '')
WHERE kind = 'response' AND stopped_at IS NULL;
CREATE INDEX clocks_facts ON clocks (asked_at, fact_sort, fact_each);

-- Hours that a team had, by their fingerprint: what its clocks ran by is drawn by them.
CREATE TABLE past_calendars (
    print    TEXT PRIMARY KEY,
    body     TEXT NOT NULL,
    until_at TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE past_calendars;
DROP INDEX clocks_facts;
ALTER TABLE clocks DROP COLUMN fact_sort;
ALTER TABLE clocks DROP COLUMN rep_id;
ALTER TABLE clocks ADD COLUMN fact_sort TEXT GENERATED ALWAYS AS (kind || '|' || outcome || '|'
    || CASE WHEN stopped_at IS NULL THEN 'r' ELSE '' END
    || CASE WHEN CASE kind WHEN 'claim' THEN stopped_owner <> '' WHEN 'decision' THEN stopped_move IN ('accept', 'return') ELSE stopped_move = 'touch' END THEN 'd' ELSE '' END
    || CASE WHEN waiting_since IS NOT NULL AND kind IN ('claim', 'response') THEN 'c' ELSE '' END
    || CASE WHEN counted THEN 'm' ELSE '' END
    || CASE WHEN stopped_kind = 'key' OR stopped_via = 'api' THEN 'v' ELSE '' END
    || '|' || tier || '|' || team_id || '|' || CASE WHEN kind IN ('decision', 'touch') THEN owner_id ELSE stopped_owner END || '|' || source) VIRTUAL;
CREATE INDEX clocks_facts ON clocks (asked_at, fact_sort, fact_each);
