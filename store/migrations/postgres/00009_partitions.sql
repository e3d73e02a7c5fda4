-- +goose Up
-- Activities by the month of their receipt, so that old months can be dropped as
-- a whole. store/partitions.go makes the months. What is there already stays
-- where it is, as everything received until the month after; what no month takes
-- goes to the default partition.
-- +goose StatementBegin
DO $$
DECLARE
    until TIMESTAMP; -- in UTC
    old   TEXT;
BEGIN
    LOCK TABLE activities IN ACCESS EXCLUSIVE MODE;
    SELECT date_trunc('month', MAX(received_at) AT TIME ZONE 'UTC') + INTERVAL '1 month' INTO until FROM activities;
    ALTER INDEX activities_lead RENAME TO activities_old_lead;
    ALTER TABLE activities RENAME TO activities_old;
    CREATE TABLE activities (LIKE activities_old) PARTITION BY RANGE (received_at);
    CREATE INDEX activities_lead ON activities (lead_id, occurred_at, message_id);
    CREATE TABLE activities_default PARTITION OF activities DEFAULT;
    IF until IS NULL THEN
        DROP TABLE activities_old;
    ELSE
        old := 'activities_until_' || to_char(until, 'YYYY_MM');
        EXECUTE format('ALTER TABLE activities_old RENAME TO %I', old);
        EXECUTE format('ALTER INDEX activities_old_lead RENAME TO %I', old || '_lead');
        EXECUTE format('ALTER TABLE activities ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', old, until || '+00');
    END IF;
END
$$;
-- +goose StatementEnd

-- +goose Down
LOCK TABLE activities IN ACCESS EXCLUSIVE MODE;
CREATE TABLE activities_whole (LIKE activities);
INSERT INTO activities_whole SELECT * FROM activities;
DROP TABLE activities;
ALTER TABLE activities_whole RENAME TO activities;
CREATE INDEX activities_lead ON activities (lead_id, occurred_at, message_id);
