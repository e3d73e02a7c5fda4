-- +goose Up
-- A clock's row tells by itself what became of a promise: whose calendar and
-- which agreement it ran by (policy: a fingerprint of both), when it was asked
-- for, when its moments were written down (later than due: found late), and who
-- stopped it by which row of the lead's history. changes is a JSON list of what
-- moved its due time. The clocks of before know of these what can be known.
ALTER TABLE clocks ADD COLUMN team_id TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN agreement INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clocks ADD COLUMN policy TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN asked_at TIMESTAMPTZ;
ALTER TABLE clocks ADD COLUMN risk_noted_at TIMESTAMPTZ;
ALTER TABLE clocks ADD COLUMN breach_noted_at TIMESTAMPTZ;
ALTER TABLE clocks ADD COLUMN stopped_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN stopped_by TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN stopped_move TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN stopped_owner TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN stopped_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clocks ADD COLUMN changes TEXT NOT NULL DEFAULT '';
UPDATE clocks SET team_id = COALESCE((SELECT team_id FROM leads WHERE leads.id = clocks.lead_id), ''),
    asked_at = COALESCE(waiting_since, started_at), risk_noted_at = at_risk_at, breach_noted_at = breached_at;
UPDATE clocks SET stopped_seq = COALESCE(CASE WHEN kind = 'claim'
    THEN (SELECT MIN(h.seq) FROM history h WHERE h.lead_id = clocks.lead_id AND h.recorded_at = clocks.stopped_at)
    ELSE (SELECT MAX(h.seq) FROM history h WHERE h.lead_id = clocks.lead_id AND h.recorded_at = clocks.stopped_at) END, 0)
WHERE stopped_at IS NOT NULL;
UPDATE clocks SET
    stopped_kind = (SELECT h.actor_kind FROM history h WHERE h.lead_id = clocks.lead_id AND h.seq = clocks.stopped_seq),
    stopped_by = (SELECT h.actor_id FROM history h WHERE h.lead_id = clocks.lead_id AND h.seq = clocks.stopped_seq),
    stopped_move = (SELECT h.move FROM history h WHERE h.lead_id = clocks.lead_id AND h.seq = clocks.stopped_seq),
    stopped_owner = (SELECT CASE WHEN h.owner_after <> '' THEN h.owner_after ELSE h.owner_before END FROM history h WHERE h.lead_id = clocks.lead_id AND h.seq = clocks.stopped_seq)
WHERE stopped_seq > 0;
UPDATE clocks SET policy = 'unknown' WHERE stopped_at IS NULL;
CREATE INDEX clocks_policy ON clocks (team_id, policy) WHERE stopped_at IS NULL AND policy <> '';

-- Who may claim a waiting lead: 'team', 'manager' (the team's too), 'every' (any team).
ALTER TABLE leads ADD COLUMN claimable_by TEXT NOT NULL DEFAULT 'team';
CREATE INDEX leads_claimable ON leads (id) WHERE claimable_by = 'every' AND stage = 'mql';
DROP INDEX leads_claimed;
CREATE INDEX leads_claimed ON leads (owner_id, team_id, claimable_by) WHERE stage = 'claimed';

-- Days on which somebody will be, is or was away.
CREATE TABLE absences (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    from_at    TIMESTAMPTZ NOT NULL,
    until_at   TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX absences_user ON absences (user_id, from_at);

-- +goose Down
DROP TABLE absences;
DROP INDEX leads_claimed;
CREATE INDEX leads_claimed ON leads (owner_id, team_id) WHERE stage = 'claimed';
DROP INDEX leads_claimable;
ALTER TABLE leads DROP COLUMN claimable_by;
DROP INDEX clocks_policy;
ALTER TABLE clocks DROP COLUMN changes;
ALTER TABLE clocks DROP COLUMN stopped_seq;
ALTER TABLE clocks DROP COLUMN stopped_owner;
ALTER TABLE clocks DROP COLUMN stopped_move;
ALTER TABLE clocks DROP COLUMN stopped_by;
ALTER TABLE clocks DROP COLUMN stopped_kind;
ALTER TABLE clocks DROP COLUMN breach_noted_at;
ALTER TABLE clocks DROP COLUMN risk_noted_at;
ALTER TABLE clocks DROP COLUMN asked_at;
ALTER TABLE clocks DROP COLUMN policy;
ALTER TABLE clocks DROP COLUMN agreement;
ALTER TABLE clocks DROP COLUMN team_id;
