-- +goose Up
-- Leads that became part of another one with more activities than go along at once:
-- the rest follows in steps.
CREATE TABLE left_behind (
    from_lead TEXT PRIMARY KEY,
    into_lead TEXT NOT NULL
);

-- +goose Down
UPDATE activities SET lead_id = b.into_lead FROM left_behind b WHERE lead_id = b.from_lead;
DROP TABLE left_behind;
