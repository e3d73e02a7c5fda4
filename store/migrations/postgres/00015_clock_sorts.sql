-- +goose Up
-- What reports tell clocks apart by is one text on their rows, of which the index
-- holds all that a report needs: kind, outcome, letters (r: it runs, d: the step was
-- made, c: asked for while the team was closed, m: counts as an MQL, v: another system
-- ended it), tier, team, who had to act, and the source, which may hold bars itself.
-- fact_each: when it was asked for and the business time used, in seconds. The table
-- is written anew, once.
ALTER TABLE clocks ADD COLUMN fact_sort TEXT COLLATE "C" GENERATED ALWAYS AS (kind || '|' || outcome || '|'
    || CASE WHEN stopped_at IS NULL THEN 'r' ELSE '' END
    || CASE WHEN CASE kind WHEN 'claim' THEN stopped_owner <> '' WHEN 'decision' THEN stopped_move IN ('accept', 'return') ELSE stopped_move = 'touch' END THEN 'd' ELSE '' END
    || CASE WHEN waiting_since IS NOT NULL AND kind IN ('claim', 'response') THEN 'c' ELSE '' END
    || CASE WHEN counted THEN 'm' ELSE '' END
    || CASE WHEN stopped_kind = 'key' OR stopped_via = 'api' THEN 'v' ELSE '' END
    || '|' || tier || '|' || team_id || '|' || CASE WHEN kind IN ('decision', 'touch') THEN owner_id ELSE stopped_owner END || '|' || source) STORED,
    ADD COLUMN fact_each TEXT COLLATE "C" GENERATED ALWAYS AS (CAST(CAST(floor(date_part('epoch', asked_at AT TIME ZONE 'UTC')) AS BIGINT) AS TEXT) || ' ' || CAST(used / 1000000 AS TEXT)) STORED;
CREATE INDEX clocks_facts ON clocks (asked_at, fact_sort, fact_each);
DROP INDEX clocks_asked;

-- +goose Down
CREATE INDEX clocks_asked ON clocks (asked_at);
DROP INDEX clocks_facts;
ALTER TABLE clocks DROP COLUMN fact_each;
ALTER TABLE clocks DROP COLUMN fact_sort;
