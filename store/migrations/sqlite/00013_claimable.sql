-- +goose Up
-- Waiting leads that more than their team's reps may claim: lists of them, and boards.
DROP INDEX leads_claimable;
CREATE INDEX leads_claimable ON leads (id) WHERE claimable_by <> 'team' AND stage = 'mql';

-- +goose Down
DROP INDEX leads_claimable;
CREATE INDEX leads_claimable ON leads (id) WHERE claimable_by = 'every' AND stage = 'mql';
